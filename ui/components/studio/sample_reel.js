// <ads-reel thumbs=ID>: figures, one shown at a time; the next fades in when a clip has ended. Loads a clip only when it is due.
customElements.define(
  "ads-reel",
  class extends HTMLElement {
    connectedCallback() {
      this.at = -1;
      this.thumbs = $all("button", document.getElementById(this.getAttribute("thumbs")) ?? this);
      this.thumbs.forEach((thumb, i) => thumb.addEventListener("click", () => this.next(i)));
      const start = () => this.isConnected && this.next(0);
      if (document.readyState === "complete") setTimeout(start, 50);
      else addEventListener("load", () => setTimeout(start, 50), { once: true });
    }
    disconnectedCallback() {
      clearTimeout(this.timer);
    }
    next(to = this.at + 1) {
      const items = $all(".reel-item", this);
      if (!items.length) return;
      if (this.at >= 0 && adsvideo.isLost?.()) {
        clearTimeout(this.timer); // the next one could not be fetched: this one stays until we are connected again
        this.timer = setTimeout(() => this.next(to), 3000);
        return;
      }
      this.at = to % items.length;
      const item = items[this.at];
      const video = item.querySelector("video");
      const image = item.querySelector("img");
      if (image && !image.getAttribute("src")) image.src = image.dataset.src;
      items.forEach((other, i) => other.toggleAttribute("data-on", i === this.at));
      this.thumbs.forEach((thumb, i) => thumb.toggleAttribute("data-on", i === this.at));
      clearTimeout(this.timer);
      const later = (ms) => (this.timer = setTimeout(() => this.next(), ms));
      if (!video || calm.matches || navigator.connection?.saveData) return calm.matches ? undefined : later(6000);
      if (!video.getAttribute("src")) video.src = video.dataset.src;
      video.currentTime = 0;
      video.ontimeupdate = () => {
        if (video.duration - video.currentTime > 0.6) return;
        video.ontimeupdate = null;
        this.next();
      };
      video.play().catch(() => later(6000));
      later(20000); // a clip that never loads
    }
  },
);
