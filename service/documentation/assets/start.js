// A file of its own, as the page's policy lets no script run that is written into it.
const theme = new URLSearchParams(location.search).get("theme");
const isDark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.classList.toggle("dark-mode", isDark);
if (theme) for (const link of document.querySelectorAll(".head a")) link.search = new URLSearchParams({ theme }).toString();

window.addEventListener("load", () => {
  window.SwaggerUIBundle({
    url: "openapi.json", // beside the page, whatever path a proxy puts before both
    dom_id: "#swagger-ui",
    deepLinking: true,
    validatorUrl: null, // which would be another host's
  });
});
