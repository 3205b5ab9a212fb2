// When an input of a plug-in is shown and when it can be edited: the browser's half of Plugport's language of conditions.
// It means what the server means, to the last case. Use: plugportConditions.holds(condition, values) and
// plugportConditions.states(inputs, values), with `inputs` as the route `contract` answers them. No dependencies.
(function (root) {
  "use strict";

  const own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
  const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

  // Code points. A lone surrogate is one of its own, as it is on the server; UTF-16 units would order and cut otherwise.
  const points = (text) => Array.from(text, (character) => character.codePointAt(0));

  const equal = (left, right) => {
    if (Array.isArray(left) && Array.isArray(right)) {
      return left.length === right.length && left.every((each, place) => equal(each, right[place]));
    }
    if (isMap(left) && isMap(right)) {
      const names = Object.keys(left);
      return names.length === Object.keys(right).length &&
        names.every((name) => own(right, name) && equal(left[name], right[name]));
    }
    return left === right;
  };

  // -1, 0 or 1; null where the two have no order.
  const order = (left, right) => {
    if (typeof left === "number" && typeof right === "number") {
      return left < right ? -1 : left > right ? 1 : 0;
    }
    if (typeof left !== "string" || typeof right !== "string") {
      return null;
    }
    const one = points(left);
    const other = points(right);
    for (let place = 0; place < Math.min(one.length, other.length); place++) {
      if (one[place] !== other[place]) {
        return one[place] < other[place] ? -1 : 1;
      }
    }
    return Math.sign(one.length - other.length);
  };

  const within = (text, part) => {
    const whole = points(text);
    const wanted = points(part);
    for (let start = 0; start + wanted.length <= whole.length; start++) {
      if (wanted.every((point, place) => point === whole[start + place])) {
        return true;
      }
    }
    return false;
  };

  const contains = (value, part) => {
    if (typeof value === "string") {
      return typeof part === "string" && within(value, part);
    }
    if (Array.isArray(value)) {
      return value.some((each) => equal(each, part));
    }
    return isMap(value) && typeof part === "string" && own(value, part);
  };

  const isEmpty = (value) =>
    value === null || value === "" || (Array.isArray(value) && value.length === 0) ||
    (isMap(value) && Object.keys(value).length === 0);

  const tests = {
    equals: equal,
    not_equals: (value, wanted) => !equal(value, wanted),
    less: (value, bound) => order(value, bound) === -1,
    at_most: (value, bound) => [-1, 0].includes(order(value, bound)),
    greater: (value, bound) => order(value, bound) === 1,
    at_least: (value, bound) => [0, 1].includes(order(value, bound)),
    in: (value, choices) => choices.some((each) => equal(value, each)),
    not_in: (value, choices) => !choices.some((each) => equal(value, each)),
    contains,
    empty: (value, wanted) => isEmpty(value) === wanted,
  };

  const holds = (condition, values) => {
    if (own(condition, "all")) {
      return condition.all.every((each) => holds(each, values));
    }
    if (own(condition, "any")) {
      return condition.any.some((each) => holds(each, values));
    }
    if (own(condition, "not")) {
      return !holds(condition.not, values);
    }
    const name = Object.keys(condition).find((each) => each !== "input");
    const value = own(values, condition.input) ? values[condition.input] : null;
    return tests[name](value, condition[name]);
  };

  // Which inputs are visible and enabled, by their names. Defaults stand in for what has no value.
  const states = (inputs, values) => {
    const filled = Object.assign(Object.create(null), values);
    for (const input of inputs) {
      if (!own(filled, input.name) && own(input, "default")) {
        filled[input.name] = input.default;
      }
    }
    const found = Object.create(null);
    for (const input of inputs) {
      found[input.name] = {
        visible: !input.visible_when || holds(input.visible_when, filled),
        enabled: !input.disabled_when || !holds(input.disabled_when, filled),
      };
    }
    return found;
  };

  root.plugportConditions = Object.freeze({ holds, states });
})(typeof globalThis === "object" ? globalThis : self);
