// <ads-masonry>: children in as many columns as fit, in reading order, each as high as it is.
customElements.define(
  "ads-masonry",
  class extends HTMLElement {
    connectedCallback() {
      this.sizes = new ResizeObserver(() => this.lay());
      this.sizes.observe(this);
      this.changes = new MutationObserver(() => this.lay());
      this.changes.observe(this, { childList: true });
      this.lay();
    }
    disconnectedCallback() {
      this.sizes.disconnect();
      this.changes.disconnect();
    }
    lay() {
      const gap = parseFloat(getComputedStyle(this).columnGap) || 0;
      for (const child of this.children) {
        const inner = child.firstElementChild;
        if (!inner) continue;
        this.sizes.observe(inner);
        child.style.gridRowEnd = `span ${Math.ceil(inner.getBoundingClientRect().height + gap)}`;
      }
      this.classList.add("is-laid");
    }
  },
);
