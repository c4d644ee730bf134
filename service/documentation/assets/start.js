// A file of its own, as the page's policy lets no script run that is written into it.
window.addEventListener("load", () => {
  window.SwaggerUIBundle({
    url: "openapi.json", // beside the page, whatever path a proxy puts before both
    dom_id: "#swagger-ui",
    deepLinking: true,
    validatorUrl: null, // which would be another host's
  });
});
