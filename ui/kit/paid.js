adsvideo.pay = (button, emit) => {
  if (button.disabled) return;
  button.disabled = true;
  emit(Date.now());
};
adsvideo.release = (button, disabled) => {
  if (button) button.disabled = disabled;
};

// <ads-hello>: tells once, as soon as the page is connected, what its clock says.
customElements.define(
  "ads-hello",
  class extends HTMLElement {
    connectedCallback() {
      const wait = setInterval(() => {
        if (!window.did_handshake) return;
        clearInterval(wait);
        if (this.isConnected) this.dispatchEvent(new CustomEvent("hello", { detail: Date.now() }));
      }, 100);
    }
  },
);
