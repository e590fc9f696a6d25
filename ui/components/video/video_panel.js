// The panel is drawn anew: if the button that had the focus is gone, the focus goes on in the panel.
let focusedIn = null;
addEventListener("focusin", (e) => (focusedIn = e.target.closest?.(".panel") ?? null));
adsvideo.keepFocus = (panel) => {
  requestAnimationFrame(() => {
    if (panel && focusedIn === panel && document.activeElement === document.body) panel.focus({ preventScroll: true });
  });
};
adsvideo.attend = (element) => {
  element?.focus({ preventScroll: true });
  if (narrow.matches) scrollTo({ top: 0, behavior: glide() });
};

// <ads-clock elapsed="12" usual="60" since="{time} elapsed" left="about {time} left" soon="any moment now" late="...">
customElements.define(
  "ads-clock",
  class extends HTMLElement {
    connectedCallback() {
      this.from = performance.now() - 1000 * Number(this.getAttribute("elapsed") ?? 0);
      this.timer = setInterval(() => this.draw(), 500);
      this.draw();
    }
    disconnectedCallback() {
      clearInterval(this.timer);
    }
    draw() {
      const seconds = (performance.now() - this.from) / 1000;
      const usual = Number(this.getAttribute("usual") ?? 0);
      const word = (name, time) => (this.getAttribute(name) ?? "").replace("{time}", clock(time));
      const left = usual - seconds;
      const rest = left > 0 ? word("left", left + 0.99) : word(seconds > 2 * usual + 10 ? "late" : "soon");
      const text = usual ? `${word("since", seconds)} · ${rest}` : word("since", seconds);
      if (text !== this.textContent) this.textContent = text;
    }
  },
);

// <ads-notify news="running">: when the news becomes another and nobody looks, the system says it. Asked for by a click only.
const canAsk = () => window.isSecureContext && window.Notification?.permission === "default";
document.documentElement.classList.toggle("can-notify", canAsk());
addEventListener("click", async (e) => {
  if (!e.target.closest?.("[data-ask-to-notify]")) return;
  await Notification.requestPermission();
  document.documentElement.classList.toggle("can-notify", canAsk());
});
customElements.define(
  "ads-notify",
  class extends HTMLElement {
    static observedAttributes = ["news"];
    attributeChangedCallback(_name, before, news) {
      if (before !== "running" || news === "running" || !document.hidden) return;
      if (window.Notification?.permission !== "granted") return;
      const shown = new Notification("AdsVideo", { body: news, icon: SHARED.icon, tag: "adsvideo" });
      shown.onclick = () => (window.focus(), shown.close());
    }
  },
);
