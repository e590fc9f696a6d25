// <ads-crop x y zoom>: the part of a picture that is taken, moved by dragging, pinching, the wheel, the keys or the slider.
// Tells once the hand rests; the exact picture of the server (.frame-exact) lies over it except while it is moved.
customElements.define(
  "ads-crop",
  class extends HTMLElement {
    static observedAttributes = ["x", "y", "zoom"];
    connectedCallback() {
      this.hands = new Map();
      this.slider = this.querySelector(".crop-zoom");
      this.exact = this.querySelector(".frame-exact");
      const hold = this.querySelector(".crop-hold");
      hold.onpointerdown = (e) => {
        if (e.button) return;
        hold.setPointerCapture(e.pointerId);
        this.hands.set(e.pointerId, e);
      };
      hold.onpointermove = (e) => this.hands.has(e.pointerId) && this.drag(e);
      hold.onpointerup = hold.onpointercancel = (e) => this.hands.delete(e.pointerId) && this.rest();
      hold.onkeydown = (e) => this.key(e);
      hold.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
      this.slider.oninput = () => this.set(this.at.x, this.at.y, Number(this.slider.value));
      if (this.exact) this.exact.onload = () => this.timer || this.hands.size || this.removeAttribute("data-moving");
      this.attributeChangedCallback();
    }
    disconnectedCallback() {
      clearTimeout(this.timer);
    }
    attributeChangedCallback() {
      if (!this.slider || this.timer || this.hands.size) return;
      const read = (name, usual) => Number(this.getAttribute(name) ?? usual);
      this.at = { x: read("x", 0.5), y: read("y", 0.5), zoom: read("zoom", 1) };
      this.draw();
    }
    get room() {
      const style = getComputedStyle(this);
      const of = (name) => Number(style.getPropertyValue(name)) * this.at.zoom - 1;
      return { x: of("--w") * this.clientWidth, y: of("--h") * this.clientHeight };
    }
    set(x, y, zoom = this.at.zoom) {
      const within = (value, low, high) => Math.round(Math.min(high, Math.max(low, value)) * 1e4) / 1e4;
      this.at = { x: within(x, 0, 1), y: within(y, 0, 1), zoom: within(zoom, Number(this.slider.min), Number(this.slider.max)) };
      this.dataset.moving = "";
      this.draw();
      this.rest();
    }
    draw() {
      for (const [name, value] of Object.entries(this.at)) this.style.setProperty(`--${name}`, value);
      this.slider.value = this.at.zoom;
    }
    rest() {
      clearTimeout(this.timer);
      if (this.hands.size) return;
      this.timer = setTimeout(() => {
        this.timer = 0;
        const same = ["x", "y", "zoom"].every((name) => Number(this.getAttribute(name)) === this.at[name]);
        if (same) return this.removeAttribute("data-moving");
        this.dispatchEvent(new CustomEvent("moved", { detail: this.at, bubbles: true }));
      }, 250);
    }
    drag(e) {
      const others = [...this.hands.values()].filter((hand) => hand.pointerId !== e.pointerId);
      const before = this.hands.get(e.pointerId);
      this.hands.set(e.pointerId, e);
      if (others.length) {
        const far = (a, b) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1;
        return this.set(this.at.x, this.at.y, (this.at.zoom * far(e, others[0])) / far(before, others[0]));
      }
      const { x, y } = this.room;
      this.set(
        x > 1 ? this.at.x - (e.clientX - before.clientX) / x : this.at.x,
        y > 1 ? this.at.y - (e.clientY - before.clientY) / y : this.at.y,
      );
    }
    wheel(e) {
      if (!e.ctrlKey && document.activeElement !== e.currentTarget) return; // the page scrolls until the picture is chosen
      e.preventDefault();
      this.set(this.at.x, this.at.y, this.at.zoom * Math.exp(-e.deltaY / 500));
    }
    key(e) {
      const step = { ArrowLeft: [-0.05, 0], ArrowRight: [0.05, 0], ArrowUp: [0, -0.05], ArrowDown: [0, 0.05] }[e.key];
      const zoom = { "+": 1.1, "=": 1.1, "-": 1 / 1.1 }[e.key];
      if (e.ctrlKey || e.metaKey || e.altKey || !(step || zoom)) return;
      e.preventDefault();
      this.set(this.at.x + (step?.[0] ?? 0), this.at.y + (step?.[1] ?? 0), this.at.zoom * (zoom ?? 1));
    }
  },
);

// <ads-local word="Uploading… {percent} %">: the file itself, seen at once, until the server's picture is there.
customElements.define(
  "ads-local",
  class extends HTMLElement {
    begin(file) {
      this.clear();
      this.before = this.front?.src;
      this.url = URL.createObjectURL(file);
      const image = document.createElement("img");
      image.onerror = () => image.remove(); // the server may know a kind that the browser does not draw
      image.alt = "";
      image.src = this.url;
      const words = document.createElement("span");
      this.replaceChildren(image, words);
      this.dataset.on = "";
      this.progress(0);
    }
    progress(done) {
      this.style.setProperty("--done", done);
      const words = this.querySelector("span");
      if (words) words.textContent = this.getAttribute("word").replace("{percent}", Math.round(100 * done));
    }
    end(ok) {
      if (!ok) return this.clear();
      this.progress(1);
      const until = Date.now() + 3000;
      this.timer = setInterval(() => {
        const front = this.front;
        if (Date.now() > until || (front && front.src !== this.before && front.complete)) this.clear();
      }, 50);
    }
    clear() {
      clearInterval(this.timer);
      if (this.url) URL.revokeObjectURL(this.url);
      this.url = "";
      this.removeAttribute("data-on");
      this.replaceChildren();
    }
    get front() {
      return this.parentElement.querySelector(".frame-front img");
    }
    disconnectedCallback() {
      this.clear();
    }
  },
);
