// Into sight, without moving anything but its strip.
function showIn(strip, item) {
  if (!strip || !item) return;
  const [outer, inner] = [strip.getBoundingClientRect(), item.getBoundingClientRect()];
  if (inner.left >= outer.left && inner.right <= outer.right) return;
  strip.scrollBy({ left: (inner.left + inner.right - outer.left - outer.right) / 2, behavior: "instant" });
}

// <ads-choices state="aria-pressed" chosen="a b">: buttons with data-key; marks the chosen ones and tells of a click. With
// `single` a click is marked at once, before the server has heard of it.
customElements.define(
  "ads-choices",
  class extends HTMLElement {
    static observedAttributes = ["chosen"];
    connectedCallback() {
      this.onclick = (e) => {
        const key = e.target.closest("[data-key]")?.dataset.key;
        if (!key) return;
        if (this.hasAttribute("single")) this.mark([key]);
        this.dispatchEvent(new CustomEvent("choose", { detail: key }));
      };
      this.group = this.closest("[data-roving]");
      this.changes = new MutationObserver(() => this.mark());
      this.changes.observe(this, { childList: true });
      this.mark();
    }
    disconnectedCallback() {
      this.changes.disconnect();
    }
    attributeChangedCallback() {
      if (this.isConnected) this.mark();
    }
    mark(chosen = (this.getAttribute("chosen") ?? "").split(" ")) {
      for (const option of this.children) option.setAttribute(this.getAttribute("state"), chosen.includes(option.dataset.key));
      this.settle();
    }
    settle() {
      if (!this.group) return;
      const chosen = adsvideo.settle(this.group);
      requestAnimationFrame(() => showIn(this.closest(".strip"), chosen));
    }
  },
);
