"use strict";

// The page's only script of its own; a file, because the content security policy forbids inline scripts.
window.addEventListener("load", () => {
  const place = document.getElementById("docs");
  SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    presets: [SwaggerUIBundle.presets.apis],
    deepLinking: true,
    docExpansion: "list",
    filter: true,
    defaultModelsExpandDepth: 0,
    validatorUrl: "none", // the default asks a public validator about every schema it shows
    queryConfigEnabled: false, // no ?url=..., which would show a stranger's schema under our name
  });
});
