// <ads-draft draft="{...}" key="ad">: what was put into the form survives a reload and the way to the sign-in and back.
customElements.define(
  "ads-draft",
  class extends HTMLElement {
    static observedAttributes = ["draft"];
    connectedCallback() {
      const kept = sessionStorage.getItem(this.getAttribute("key") ?? "draft");
      if (kept) setTimeout(() => this.dispatchEvent(new CustomEvent("restore", { detail: kept })));
    }
    attributeChangedCallback(_name, before, value) {
      if (before !== null && value) sessionStorage.setItem(this.getAttribute("key") ?? "draft", value);
    }
  },
);
