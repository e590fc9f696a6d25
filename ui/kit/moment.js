// <ads-time datetime="2026-01-01T00:00:00+00:00" about="..." fixed>: the server knows neither the visitor's clock nor how
// long a page stays open.
const UNITS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const tag = document.documentElement.lang || undefined;
const exact = new Intl.DateTimeFormat(tag, { dateStyle: "long", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(tag, { numeric: "always" });
const open = new Set();
setInterval(() => open.forEach((element) => element.draw()), 20000);
customElements.define(
  "ads-time",
  class extends HTMLElement {
    static observedAttributes = ["datetime"];
    connectedCallback() {
      open.add(this);
      this.attributeChangedCallback();
    }
    disconnectedCallback() {
      open.delete(this);
    }
    attributeChangedCallback() {
      this.at = new Date(this.getAttribute("datetime") ?? "");
      if (this.isConnected && !isNaN(this.at)) this.title = (this.getAttribute("about") ?? "") + exact.format(this.at);
    }
    draw() {
      if (this.hasAttribute("fixed") || isNaN(this.at)) return;
      const seconds = Math.max(0, (Date.now() - this.at) / 1000);
      const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? UNITS.at(-1);
      this.textContent = relative.format(-Math.round(seconds / length), unit);
    }
  },
);
