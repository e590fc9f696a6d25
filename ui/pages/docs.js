// <ads-api source="/openapi.json" script="..." styles="...">: Swagger UI, fetched on this page alone, in the page's theme.
const isDark = matchMedia("(prefers-color-scheme: dark)");
const dress = () => {
  const dark = (document.documentElement.dataset.theme || (isDark.matches ? "dark" : "light")) === "dark";
  document.documentElement.classList.toggle("dark-mode", dark);
};
customElements.define(
  "ads-api",
  class extends HTMLElement {
    connectedCallback() {
      dress();
      isDark.addEventListener("change", dress);
      new MutationObserver(dress).observe(document.documentElement, { attributeFilter: ["data-theme"] });
      const styles = Object.assign(document.createElement("link"), { rel: "stylesheet", href: this.getAttribute("styles") });
      document.head.prepend(styles); // before ours, which overrule it
      const script = document.createElement("script");
      script.onload = () => {
        const place = this.appendChild(document.createElement("div"));
        const options = { deepLinking: true, defaultModelsExpandDepth: -1, docExpansion: "list" };
        window.SwaggerUIBundle({ ...options, domNode: place, url: this.getAttribute("source"), presets: [window.SwaggerUIBundle.presets.apis] });
      };
      script.src = this.getAttribute("script");
      document.head.append(script);
    }
  },
);
