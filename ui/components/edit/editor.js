// <ads-edit view="{...}" words="{...}">: the stage and the timeline, their playhead and their keys.
let shown = null;

adsvideo.playhead = () => shown?.now ?? 0;
adsvideo.words = (host) => host.told ?? {};

adsvideo.post = async (address, body, signal) => {
  const headers = { "Content-Type": "application/json", "X-Page-Language": document.documentElement.lang };
  try {
    return await fetch(address, { method: "POST", body, headers, signal });
  } catch {
    return null; // given up for a newer one, or no connection
  }
};

// Follow a pressed pointer: move(dx, dy, event) once it has really moved, then end(moved, event).
adsvideo.drag = (element, e, { move, end }) => {
  const from = [e.clientX, e.clientY];
  let moved = false;
  element.setPointerCapture(e.pointerId);
  const go = (now) => {
    const [dx, dy] = [now.clientX - from[0], now.clientY - from[1]];
    moved ||= Math.hypot(dx, dy) > 3;
    if (moved) move(dx, dy, now);
  };
  const stop = (now) => {
    element.removeEventListener("pointermove", go);
    element.removeEventListener("pointerup", stop);
    element.removeEventListener("pointercancel", stop);
    end(moved, now);
  };
  element.addEventListener("pointermove", go);
  element.addEventListener("pointerup", stop);
  element.addEventListener("pointercancel", stop);
};

const STEP = 1 / 24;
const isTyping = (target) => target.closest?.("input:not([type=range], [type=checkbox], [type=color]), textarea, select, [contenteditable]");

customElements.define(
  "ads-edit",
  class extends HTMLElement {
    static observedAttributes = ["view"];
    connectedCallback() {
      this.told = JSON.parse(this.getAttribute("words") ?? "{}");
      this.now = 0;
      this.turn = 0; // how much was told; a view that has not heard all of it is older than what is on the screen
      requestAnimationFrame(() => this.begin()); // its children come after it
    }
    begin() {
      if (!this.isConnected || this.stage) return;
      const tell = (detail) => this.dispatchEvent(new CustomEvent("edit", { detail: { ...detail, turn: ++this.turn } }));
      this.tell = tell;
      this.stage = adsvideo.stageOf(this, tell);
      this.timeline = adsvideo.timelineOf(this, tell, (at) => this.seek(at));
      this.addEventListener("click", (e) => this.act(e.target.closest("[data-act]")));
      this.keys = (e) => this.key(e);
      addEventListener("keydown", this.keys);
      shown = this;
      this.attributeChangedCallback();
    }
    disconnectedCallback() {
      clearTimeout(this.behind);
      this.pause();
      removeEventListener("keydown", this.keys);
      this.stage?.leave();
      this.timeline?.leave();
      if (shown === this) shown = null;
    }
    attributeChangedCallback() {
      if (!this.stage) return;
      clearTimeout(this.behind);
      const view = JSON.parse(this.getAttribute("view"));
      if (view.heard >= this.turn) this.show(view);
      else this.behind = setTimeout(() => this.show(view), 2000); // what was told since is lost
    }
    show(view) {
      this.seen = view;
      this.stage.dropStill();
      this.now = Math.min(this.now, this.seen.seconds);
      this.stage.at = this.now;
      this.timeline.now = this.now;
      this.stage.show(this.seen);
      this.timeline.show(this.seen);
      this.say();
    }
    say() {
      this.querySelector(".edit-time").textContent = `${adsvideo.stamp(this.now)} / ${adsvideo.stamp(this.seen.seconds)}`;
    }
    seek(at) {
      this.now = Math.min(Math.max(at, 0), this.seen.seconds);
      this.stage.dropStill();
      this.querySelector("[data-act=save]").hidden = true;
      this.stage.seek(this.now);
      this.timeline.at(this.now);
      this.say();
    }
    play() {
      if (this.now >= this.seen.seconds - 0.02) this.seek(0);
      this.stage.playing = this.timeline.follows = true;
      this.button("play", "icon-pause", "icon-play", this.told.pause);
      let last = performance.now();
      const tick = (time) => {
        if (!this.stage.playing) return;
        const passed = Math.min((time - last) / 1000, 0.25);
        last = time;
        const next = this.stage.ready ? this.now + passed : this.now;
        this.seek(next);
        if (next >= this.seen.seconds) return this.pause();
        requestAnimationFrame(tick);
      };
      this.seek(this.now);
      requestAnimationFrame(tick);
    }
    pause() {
      if (!this.stage?.playing) return;
      this.stage.playing = this.timeline.follows = false;
      this.button("play", "icon-play", "icon-pause", this.told.play);
      this.stage.seek(this.now);
    }
    button(act, add, remove, label) {
      const button = this.querySelector(`[data-act=${act}]`);
      button.classList.add(add);
      button.classList.remove(remove);
      button.title = label;
      button.setAttribute("aria-label", label);
    }
    act(button) {
      const act = button?.dataset.act;
      if (act === "play") this.stage.playing ? this.pause() : this.play();
      if (act === "sound") {
        this.stage.muted = !this.stage.muted;
        button.setAttribute("aria-pressed", !this.stage.muted);
        const [add, remove] = this.stage.muted ? ["icon-volume-x", "icon-volume-2"] : ["icon-volume-2", "icon-volume-x"];
        this.button("sound", add, remove, this.stage.muted ? this.told.on : this.told.off);
        this.stage.seek(this.now);
      }
      if (act === "safe") {
        const lines = this.querySelector(".edit-safe");
        lines.hidden = !lines.hidden;
        button.setAttribute("aria-pressed", !lines.hidden);
      }
      if (act === "still") this.still(button);
    }
    async still(button) {
      this.pause();
      button.disabled = true;
      const done = await this.stage.askStill();
      button.disabled = false;
      const save = this.querySelector("[data-act=save]");
      save.hidden = !done;
      if (done) save.href = this.stage.still.src;
    }
    key(e) {
      if (e.defaultPrevented || document.querySelector(".q-dialog") || isTyping(e.target)) return;
      const command = e.ctrlKey || e.metaKey;
      const name = e.key.toLowerCase();
      if (command && (name === "z" || name === "y")) this.tell({ what: name === "y" || e.shiftKey ? "redo" : "undo" });
      else if (command || e.altKey) return;
      else if (e.key === " " && !e.target.closest("button, a, input, summary")) this.stage.playing ? this.pause() : this.play();
      else if (name === "i" || name === "o") this.tell({ what: "mark", side: name === "i" ? "start" : "end", at: this.now });
      else if (name === "s") this.tell({ what: "split", at: this.now });
      else if (name === "g") this.querySelector("[data-act=safe]").click();
      else if (e.key === "Delete" && !e.target.closest("button, input")) this.tell({ what: "remove" });
      else if (e.key.startsWith("Arrow") && !e.target.closest("[data-roving], input")) {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
        if (!step) return;
        this.pause();
        this.seek((Math.round(this.now / STEP) + step * (e.shiftKey ? 24 : 1)) * STEP);
      } else return;
      e.preventDefault();
    }
  },
);

// [data-keeps-focus]: what is drawn anew in it and had the focus gets it back, by its [data-field].
let focusedField = null;
addEventListener("focusin", (e) => {
  const panel = e.target.closest?.("[data-keeps-focus]");
  focusedField = panel && { panel, field: e.target.closest("[data-field]")?.dataset.field };
});
addEventListener("focusout", () => {
  const before = focusedField;
  requestAnimationFrame(() => {
    if (!before || before !== focusedField || document.activeElement !== document.body || !before.panel.isConnected) return;
    const next = before.field && before.panel.querySelector(`[data-field="${CSS.escape(before.field)}"]`);
    (next || before.panel).focus({ preventScroll: true });
  });
});

// <ads-kept place="edit-17" draft="{...}">: a draft that this browser keeps until it is "-".
customElements.define(
  "ads-kept",
  class extends HTMLElement {
    static observedAttributes = ["draft"];
    connectedCallback() {
      const kept = localStorage.getItem(this.getAttribute("place"));
      if (kept) setTimeout(() => this.dispatchEvent(new CustomEvent("kept", { detail: kept })));
    }
    attributeChangedCallback(_name, _before, value) {
      if (!value) return;
      if (value === "-") return localStorage.removeItem(this.getAttribute("place"));
      try {
        localStorage.setItem(this.getAttribute("place"), value);
      } catch {} // full, or not allowed
    }
  },
);
