"use strict";

// A file, because the content security policy forbids inline scripts. Whatever comes from a plug-in is shown as text only.
const root = new URL("../../../../", location.href); // the service, perhaps under a prefix
let token = ""; // lives as long as the page

const at = (id) => document.getElementById(id);

function show(id, text, name) {
  const place = at(id);
  place.textContent = text;
  place.hidden = !text;
  if (name !== undefined) place.className = name;
}

async function ask(path, options = {}) {
  const answer = await fetch(new URL(path, root), options);
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error_msg || `The server answers ${answer.status}.`);
  return { told, answer };
}

function on(form, act) {
  at(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    show("problem", "");
    try {
      await act(Object.fromEntries(new FormData(event.target)));
    } catch (error) {
      at("answer").hidden = true;
      show("problem", error.message);
    }
  });
}

on("login", async ({ account, user, password }) => {
  const identity = { methods: ["password"], password: { user: { name: user, password, domain: { name: account } } } };
  const { answer } = await ask("v3/auth/tokens", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ auth: { identity, scope: { domain: { name: account } } } }),
  });
  token = answer.headers.get("X-Subject-Token");
  at("login").hidden = true;
  at("versions").hidden = false;
  at("versions").elements.plugin.focus();
});

on("versions", async ({ plugin, version, from }) => {
  const [name, number] = [plugin, version].map((each) => encodeURIComponent(each.trim()));
  const query = from.trim() ? `?from=${encodeURIComponent(from.trim())}` : "";
  const path = `plugport/v1/plugins/${name}/versions/${number}/contract/difference${query}`;
  const { told } = await ask(path, { headers: { "X-Auth-Token": token } });
  draw(told);
});

function draw(told) {
  at("answer").hidden = false;
  if (told.before === null) {
    show("compared", `${told.plugin_name} ${told.version}`);
    show("verdict", "Nothing was released before it, so it changes nothing for anybody.", "verdict kept");
  } else {
    show("compared", `${told.plugin_name} ${told.version}, compared with ${told.before}`);
    const needs = `The change is ${told.effect} and needs ${told.least_version} at least.`;
    const ends = told.promise_kept ? "The number keeps its promise." : "The number promises less than that: a release is refused.";
    show("verdict", `${needs} ${ends}`, `verdict ${told.promise_kept ? "kept" : "refused"}`);
  }
  const allowed = told.allowance;
  show("allowance", allowed ? `${allowed.given_by} allows the number all the same: ${allowed.reason}` : "");
  at("differences").replaceChildren(...told.differences.map(row));
}

function row({ effect, pointer, reason, example }) {
  const item = document.createElement("li");
  item.append(made("span", effect, `effect ${effect}`), made("code", pointer), ` ${reason}`);
  if (example !== undefined) {
    const short = JSON.stringify(example);
    item.append(
      made("small", pointer.startsWith("/inputs") ? "Was taken, and is no longer:" : "Could not come before:"),
      made("pre", short.length > 80 ? JSON.stringify(example, null, 2) : short),
    );
  }
  return item;
}

function made(tag, text, name = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = name;
  return element;
}
