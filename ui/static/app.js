// What only a browser can do: uploads with progress, the drop zone, arrow keys, the sample reel, the clock, the theme.

const MAX_BYTES = 10 * 1024 * 1024;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const $all = (selector, root = document) => [...root.querySelectorAll(selector)];

// ---------------------------------------------------------------------------------------------- theme and language

function remember(name, value) {
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax${secure}`;
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  window.Quasar?.Dark.set(!dark);
  document.getElementById("nicegui-color-scheme")?.setAttribute("content", root.dataset.theme);
  remember("theme", root.dataset.theme);
}

// ------------------------------------------------------------------------------------------------ a lost connection

// NiceGUI shows and hides its own notice (#popup); ours says the same with how long it has been, and when it is over.
// A moment without a connection is not worth a word.
const lost = document.getElementById("lost");
const popup = document.getElementById("popup");
if (lost && popup) {
  const [title, text] = lost.children;
  let since = 0;
  let ticking, hiding;
  const tick = () => {
    const seconds = (Date.now() - since) / 1000;
    if (seconds < 2) return;
    title.textContent = lost.dataset.title;
    text.textContent = lost.dataset.text.replace("{time}", clock(seconds));
    lost.dataset.state = "lost";
    lost.hidden = false;
  };
  const look = () => {
    const away = popup.getAttribute("aria-hidden") === "false" || !navigator.onLine;
    if (away === Boolean(since)) return;
    clearInterval(ticking);
    clearTimeout(hiding);
    if (away) {
      since = Date.now();
      ticking = setInterval(tick, 1000);
      return;
    }
    since = 0;
    if (lost.hidden) return;
    title.textContent = lost.dataset.back;
    text.textContent = "";
    lost.dataset.state = "back";
    hiding = setTimeout(() => (lost.hidden = true), 3000);
  };
  new MutationObserver(look).observe(popup, { attributes: true, attributeFilter: ["aria-hidden"] });
  addEventListener("offline", look); // NiceGUI notices half a minute later
  addEventListener("online", look);
}

// ------------------------------------------------------------------------------------------------ another visitor

// The visitor of this browser has changed. The page whose click did it is on its way already: a reload would stop it.
let leaving = false;
addEventListener("beforeunload", () => {
  leaving = true;
  setTimeout(() => (leaving = false), 10000); // it was a download, or the way was blocked
});
window.reloadUnlessLeaving = () => leaving || location.reload();

// --------------------------------------------------------------------------------------------------------- uploads

function upload(input, file) {
  const zone = input.closest("[data-upload]");
  const tell = (type, detail) => input.dispatchEvent(new CustomEvent(type, { detail }));
  input.value = "";
  if (file.type === "video/mp4" || /\.mp4$/i.test(file.name)) return readSettings(file, tell);
  if (file.size > MAX_BYTES) return tell("refused", { code: "picture_too_large" });
  tell("started", {});
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", file);
  const done = () => zone.removeAttribute("data-busy");
  zone.dataset.busy = "";
  zone.style.setProperty("--done", 0);
  request.upload.onprogress = (e) => zone.style.setProperty("--done", e.total ? e.loaded / e.total : 0);
  request.onerror = () => (done(), tell("refused", { code: "connection" }));
  request.onload = () => {
    done();
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {}
    if (request.status === 201) tell("uploaded", { id: answer.id });
    else tell("refused", answer.error ?? { code: `http_${request.status}` });
  };
  request.open("POST", zone.dataset.upload);
  request.send(body);
}

// A video of ours says in its first megabyte how it was made. It is read here; nothing of it is uploaded.
const MARK = '{"adsvideo": 1';
async function readSettings(file, tell) {
  const text = new TextDecoder("latin1").decode(await file.slice(0, 1024 * 1024).arrayBuffer());
  const at = text.lastIndexOf(MARK); // the last one: a prompt may quote the mark, and stands before it
  tell("settings", at < 0 ? "" : text.slice(at, at + 8000).replace(/[^\x20-\x7e][^]*$/, ""));
}

const uploadInput = () => document.querySelector("[data-upload] input[type=file]");
const hasFiles = (e) => e.dataTransfer && [...e.dataTransfer.types].includes("Files") && uploadInput();
let depth = 0;

addEventListener("dragenter", (e) => {
  if (!hasFiles(e)) return;
  depth += 1;
  document.documentElement.classList.add("is-dropping");
});
addEventListener("dragleave", (e) => {
  if (!hasFiles(e)) return;
  depth = Math.max(0, depth - 1);
  if (!depth || !e.relatedTarget) stopDropping();
});
addEventListener("dragover", (e) => hasFiles(e) && e.preventDefault());
addEventListener("drop", (e) => {
  if (!hasFiles(e)) return;
  e.preventDefault();
  stopDropping();
  if (e.dataTransfer.files[0]) upload(uploadInput(), e.dataTransfer.files[0]);
});
function stopDropping() {
  depth = 0;
  document.documentElement.classList.remove("is-dropping");
}

addEventListener("change", (e) => {
  const input = e.target;
  if (input.matches?.("[data-upload] input[type=file]") && input.files[0]) upload(input, input.files[0]);
});

// A web address: from its box. A picture's may be pasted anywhere but into a text; a pasted picture is uploaded.
function fetchAddress(box) {
  const field = box.querySelector("input");
  const address = field.value.trim();
  if (box.hasAttribute("data-busy")) return;
  if (!address) field.focus();
  box.dispatchEvent(new CustomEvent("address", { detail: address }));
}

addEventListener("click", (e) => {
  const box = e.target.closest?.("[data-address] button")?.closest("[data-address]");
  if (box) fetchAddress(box);
});
addEventListener("keydown", (e) => {
  const box = e.key === "Enter" && !e.isComposing && e.target.matches?.("input") && e.target.closest("[data-address]");
  if (box) fetchAddress(box);
});
addEventListener("keydown", (e) => {
  const box = e.key === "Escape" && e.target.closest?.(".picture-url");
  if (box) box.dispatchEvent(new CustomEvent("leave"));
});
addEventListener("paste", (e) => {
  const file = [...(e.clipboardData?.files ?? [])].find((f) => f.type.startsWith("image/"));
  if (file && uploadInput()) {
    e.preventDefault();
    return upload(uploadInput(), file);
  }
  const text = e.clipboardData?.getData("text/plain").trim() ?? "";
  const box = document.querySelector(".picture-url");
  if (!box || !/^https?:\/\/\S+$/.test(text) || e.target.closest?.("input, textarea, [contenteditable]")) return;
  e.preventDefault();
  box.querySelector("input").value = text;
  fetchAddress(box);
});

// ------------------------------------------------------------------------------------------------------- the keyboard

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: "first", End: "last" };

addEventListener("keydown", (e) => {
  const step = STEPS[e.key];
  const inMenu = e.target.matches?.(".q-menu") && e.target.querySelector("[data-roving]"); // just opened
  const group = inMenu || e.target.closest?.("[data-roving]");
  if (!group || step === undefined || e.ctrlKey || e.metaKey || e.altKey) return;
  const items = $all("[data-rove]", group).filter((item) => item.offsetParent !== null);
  if (!items.length) return;
  const at = items.indexOf(document.activeElement);
  const marked = Math.max(0, items.findIndex((item) => item.getAttribute("tabindex") === "0"));
  const next = at < 0 ? marked : (at + step + items.length) % items.length;
  const to = step === "first" ? 0 : step === "last" ? items.length - 1 : next;
  e.preventDefault();
  items.forEach((item, i) => item.setAttribute("tabindex", i === to ? 0 : -1));
  items[to].focus();
  items[to].scrollIntoView({ block: "nearest", inline: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  if (group.dataset.roving === "choose") items[to].click();
});

// ----------------------------------------------------------------------------------------------------- small clicks

addEventListener("click", async (e) => {
  const hit = (selector) => e.target.closest?.(selector);
  if (hit("[data-switch-theme]")) switchTheme();
  const language = hit("[data-language]");
  if (language) {
    remember("lang", language.dataset.language);
    location.reload();
  }
  const scroller = hit("[data-scroll]");
  if (scroller) {
    const strip = document.getElementById(scroller.getAttribute("aria-controls"));
    strip?.scrollBy({ left: scroller.dataset.scroll * strip.clientWidth * 0.8, behavior: calm.matches ? "auto" : "smooth" });
  }
  const copy = hit("[data-copy]");
  if (copy) {
    const field = document.getElementById(copy.getAttribute("aria-controls"));
    try {
      await navigator.clipboard.writeText(field.value ?? field.textContent);
    } catch {
      field.select ? field.select() : getSelection().selectAllChildren(field);
      document.execCommand("copy"); // http on another host has no navigator.clipboard
    }
    copy.dispatchEvent(new CustomEvent("copied"));
  }
});

// The way back to a list keeps what was asked for there, if that is where the visitor came from.
addEventListener("click", (e) => {
  const back = e.target.closest?.("[data-back]");
  const from = document.referrer && new URL(document.referrer);
  if (!back || e.ctrlKey || e.metaKey || e.shiftKey || history.length < 2) return;
  if (from && from.origin === location.origin && from.pathname === back.dataset.back) {
    e.preventDefault();
    history.back();
  }
});

// --------------------------------------------------------------------------------------------- choosing several

const shelf = () => document.querySelector("[data-selectable]");
const boxes = () => $all("input[data-select]", shelf() ?? document);
let lastBox = null;

function tellChosen() {
  const ids = boxes().filter((box) => box.checked).map((box) => Number(box.dataset.select));
  shelf()?.dispatchEvent(new CustomEvent("chosen", { detail: ids }));
}

// From the last box to this one all become what this one has become.
function chooseUpTo(box, range) {
  const all = boxes();
  const from = range ? all.indexOf(lastBox) : -1;
  const to = all.indexOf(box);
  if (from >= 0) for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
  lastBox = box;
  tellChosen();
}

function chooseAll(on) {
  boxes().forEach((box) => (box.checked = on));
  lastBox = null;
  tellChosen();
}

addEventListener("click", (e) => {
  const list = shelf();
  if (!list) return;
  const box = e.target.closest("input[data-select]");
  if (box) return chooseUpTo(box, e.shiftKey);
  const button = e.target.closest("[data-choose]");
  if (button?.dataset.choose === "all") return chooseAll(true);
  if (button?.dataset.choose === "begin") list.setAttribute("data-selecting", ""); // the next click may come before an answer
  const media = e.target.closest(".card-media");
  if (media && list.hasAttribute("data-selecting") && !e.ctrlKey && !e.metaKey) {
    e.preventDefault();
    const own = media.closest(".card").querySelector("input[data-select]");
    own.checked = !own.checked;
    chooseUpTo(own, e.shiftKey);
  }
});
addEventListener("keydown", (e) => {
  const list = shelf();
  if (!list?.hasAttribute("data-selecting") || document.querySelector(".q-menu, .q-dialog")) return;
  if (e.target.matches?.("input:not([data-select]), textarea, select")) return;
  if (e.key === "Escape") list.querySelector("[data-choose=leave]")?.click();
  if (e.key === "a" && (e.ctrlKey || e.metaKey)) {
    e.preventDefault();
    chooseAll(true);
  }
});

// A video on a card plays while the pointer or the focus is on it.
for (const [type, on] of [["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]]) {
  addEventListener(type, (e) => {
    const card = e.target.closest?.("[data-plays]");
    const video = card?.querySelector("video");
    if (!video || (!on && card.contains(e.relatedTarget))) return;
    if (on && !calm.matches) {
      if (!video.src) video.src = video.dataset.src;
      video.play().catch(() => {});
      card.dataset.playing = "";
    } else if (!on) {
      video.pause();
      delete card.dataset.playing;
    }
  });
}

addEventListener(
  "scroll",
  () => {
    const held = document.body.classList.contains("q-body--prevent-scroll"); // a dialog has pinned the page
    if (!held) document.documentElement.classList.toggle("is-scrolled", scrollY > 4);
  },
  { passive: true },
);

let focusedIn = null;
addEventListener("focusin", (e) => (focusedIn = e.target.closest?.(".panel") ?? null));

// A browser that can't size a field by its text (field-sizing) is told its height.
const grow = (field) => {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
};
addEventListener("input", (e) => e.target.matches?.(".text-area") && grow(e.target));

window.adsvideo = {
  choose: chooseAll,
  // What has been typed meanwhile is newer than a text that answers what stood there before.
  write(field, before, text) {
    if (field?.value !== before.replace(/\r\n?/g, "\n")) return;
    field.value = text;
    grow(field);
  },
  select(field, start, end) {
    field?.focus();
    field?.setSelectionRange(start, end);
  },
  // The panel is drawn anew: if the button that had the focus is gone, the focus goes on in the panel.
  keepFocus(panel) {
    requestAnimationFrame(() => {
      if (panel && focusedIn === panel && document.activeElement === document.body) panel.focus({ preventScroll: true });
    });
  },
  attend(element) {
    element?.focus({ preventScroll: true });
    if (matchMedia("(max-width: 920px)").matches) scrollTo({ top: 0, behavior: calm.matches ? "auto" : "smooth" });
  },
};

// --------------------------------------------------------------------------------------------------- custom elements

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

// <ads-clock elapsed="12" usual="60" left="about {time} left" soon="almost there">
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
      const left = usual - seconds;
      const word = left > 0 ? this.getAttribute("left").replace("{time}", clock(left + 0.99)) : this.getAttribute("soon");
      const text = usual ? `${clock(seconds)} · ${word}` : clock(seconds);
      if (text !== this.textContent) this.textContent = text;
    }
  },
);

// <ads-reel thumbs=ID>: figures, one shown at a time; the next fades in when a clip has ended. Loads a clip only when it is due.
customElements.define(
  "ads-reel",
  class extends HTMLElement {
    connectedCallback() {
      this.at = -1;
      this.thumbs = $all("button", document.getElementById(this.getAttribute("thumbs")) ?? this);
      this.thumbs.forEach((thumb, i) => thumb.addEventListener("click", () => this.next(i)));
      this.onclick = (e) => {
        const use = e.target.closest("[data-use]");
        if (use) this.dispatchEvent(new CustomEvent("use", { detail: Number(use.dataset.use) }));
      };
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
      if (this.at >= 0 && lost?.hidden === false) {
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

// <ads-draft draft="{...}">: what was put into the form survives a reload and the way to the sign-in and back.
customElements.define(
  "ads-draft",
  class extends HTMLElement {
    static observedAttributes = ["draft"];
    connectedCallback() {
      const kept = sessionStorage.getItem("draft");
      if (kept) setTimeout(() => this.dispatchEvent(new CustomEvent("restore", { detail: kept })));
    }
    attributeChangedCallback(_name, before, value) {
      if (before !== null && value) sessionStorage.setItem("draft", value);
    }
  },
);

// In a group of which Tab reaches one, that is the chosen one, else the first. Gives the chosen one.
function settle(group) {
  const items = $all("[data-rove]", group);
  const isChosen = (item) => ["checked", "pressed", "selected"].some((s) => item.getAttribute(`aria-${s}`) === "true");
  const chosen = items.find(isChosen);
  items.forEach((item) => item.setAttribute("tabindex", item === (chosen ?? items[0]) ? 0 : -1));
  return chosen;
}
addEventListener("focusout", (e) => {
  const group = e.target.closest?.("[data-roving]:not(.menu-list)");
  if (group && !group.contains(e.relatedTarget)) settle(group);
});

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
      this.changes = new MutationObserver((seen) => (seen.some((s) => s.type === "childList") ? this.mark() : this.settle()));
      this.changes.observe(this, { childList: true });
      // one that is chosen may stand beside us, drawn by the server
      if (this.group) this.changes.observe(this.group, { subtree: true, attributes: true, attributeFilter: ["aria-checked"] });
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
      const chosen = settle(this.group);
      requestAnimationFrame(() => showIn(this.closest(".strip"), chosen));
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
      const shown = new Notification("AdsVideo", { body: news, icon: "/static/touch-icon.png", tag: "adsvideo" });
      shown.onclick = () => (window.focus(), shown.close());
    }
  },
);

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
      this.at = { x: within(x, 0, 1), y: within(y, 0, 1), zoom: within(zoom, 1, 4) };
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
        this.dispatchEvent(new CustomEvent("moved", { detail: this.at }));
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
