// <ads-edit>'s stage: the clips in their crop, transitions, sound, and over them the renderer's own pictures.
const SEEK_SLACK = 0.2; // seconds that a playing video may be off
const SNAP = 0.012;
const BLEED = 0.003;

// How much of the second of two neighbours is to be seen, as the renderer blends them.
const shareAt = (frame, first, overlap) => Math.min(Math.max((frame - first + 1) / (overlap + 1), 0), 1);

class Stage {
  constructor(host, tell) {
    this.host = host;
    this.tell = tell;
    this.frame = host.querySelector(".edit-frame");
    this.shots = host.querySelector(".edit-shots");
    this.black = host.querySelector(".edit-black");
    this.card = host.querySelector(".edit-cardimage");
    this.layers = host.querySelector(".edit-layers");
    this.guides = host.querySelector(".edit-guides");
    this.still = host.querySelector(".edit-still");
    this.music = new Audio();
    this.music.loop = true;
    this.media = [];
    this.drawn = { rate: 24, layers: [], card: null };
    this.at = 0;
    this.muted = true;
    this.frame.addEventListener("pointerdown", (e) => this.grab(e));
    this.frame.addEventListener("keydown", (e) => this.nudge(e));
  }

  leave() {
    this.music.pause();
    clearTimeout(this.asking);
    this.asked?.abort();
  }

  show(view) {
    const before = this.view;
    this.view = view;
    this.frame.style.setProperty("--ratio", view.width / view.height);
    this.frame.dataset.shape = view.height > view.width ? "tall" : "wide";
    const names = JSON.stringify(view.shots.map((shot) => shot.src));
    if (names !== this.names) this.build(names);
    view.shots.forEach((shot, n) => this.fit(shot, this.media[n]));
    if (view.music?.src !== before?.music?.src) {
      this.music.pause();
      this.music.src = view.music?.src ?? "";
    }
    const edit = JSON.stringify(view.edit);
    if (edit !== this.edit) this.ask(edit);
    this.mark();
    this.seek(this.at);
  }

  build(names) {
    this.names = names;
    this.shots.replaceChildren();
    this.media = this.view.shots.map((shot) => {
      const box = document.createElement("div");
      box.className = "edit-shot";
      const back = document.createElement("img");
      back.className = "edit-back";
      back.alt = "";
      const element = document.createElement(shot.kind === "video" ? "video" : "img");
      if (shot.kind === "video") {
        Object.assign(element, { src: shot.src, poster: shot.poster, preload: "auto", playsInline: true, muted: true });
        element.onseeked = () => this.catchUp(media);
        element.onloadeddata = () => this.seek(this.at);
      } else {
        element.src = shot.src;
        element.alt = "";
        element.draggable = false;
      }
      element.className = "edit-media";
      const lock = document.createElement("img");
      lock.className = "edit-media edit-lockimage";
      lock.alt = "";
      lock.hidden = true;
      box.append(back, element, lock);
      this.shots.append(box);
      const media = { box, back, element, lock };
      return media;
    });
  }

  // Where the clip's frame stands in the edit's, as the renderer fits it.
  fit(shot, media) {
    const { width: W, height: H } = this.view;
    const { mode, x, y, zoom, color } = shot.framing;
    const cuts = mode === "crop";
    const scale = cuts ? Math.max(W / shot.width, H / shot.height) * zoom : Math.min(W / shot.width, H / shot.height);
    const place = { width: (shot.width * scale) / W, height: (shot.height * scale) / H };
    place.left = (1 - place.width) * (cuts ? x : 0.5);
    place.top = (1 - place.height) * (cuts ? y : 0.5);
    if (cuts) {
      // a hair beyond the edges, where a screen's pixels would else show the ground
      for (const side of ["left", "top"]) place[side] -= BLEED / 2;
      for (const side of ["width", "height"]) place[side] += BLEED;
    }
    for (const element of [media.element, media.lock])
      for (const [name, share] of Object.entries(place)) element.style[name] = `${share * 100}%`;
    media.box.style.background = mode === "pad-white" ? "#fff" : mode === "pad-color" ? color : "";
    media.back.hidden = mode !== "pad-blur";
    if (!media.back.hidden && !media.back.src) media.back.src = shot.poster ?? shot.src;
  }

  // ------------------------------------------------------------------------------------------------------- time

  source(shot, at) {
    const moment = shot.start + (at - shot.first) * shot.speed;
    return Math.min(Math.max(moment, shot.start) + 0.02, Math.max(shot.own - 0.02, 0));
  }

  seek(at) {
    this.at = at;
    if (!this.view) return;
    const frame = Math.floor(at * this.drawn.rate + 0.001);
    let dark = 0;
    this.view.shots.forEach((shot, n) => {
      const media = this.media[n];
      const on = at >= shot.first - 1e-6 && (at < shot.first + shot.seconds || (n === this.view.shots.length - 1 && at >= shot.first));
      media.box.style.visibility = on ? "visible" : "hidden";
      if (shot.kind === "video") this.follow(shot, media, at, on);
      const first = Math.round(shot.first * this.drawn.rate);
      const overlap = Math.round(shot.overlap * this.drawn.rate);
      const share = overlap && frame < first + overlap ? shareAt(frame, first, overlap) : 1;
      const kind = shot.transition;
      media.box.style.opacity = kind === "dissolve" ? share : kind === "fade" && share < 0.5 ? 0 : 1;
      if (on && kind === "fade" && share < 1) dark = 1 - Math.abs(share * 2 - 1);
      const moved = kind === "slide" && share < 1 ? (1 - share) ** 3 : 0;
      media.box.style.translate = moved ? `${moved * 100}%` : "";
      if (n && kind === "slide" && share < 1) this.media[n - 1].box.style.translate = `${(moved - 1) * 100}%`;
      this.lockEnd(shot, media, n, at);
    });
    this.black.style.opacity = dark;
    this.drawLayers(frame);
    this.playMusic(at);
  }

  follow(shot, media, at, on) {
    const video = media.element;
    const soon = at > shot.first - 1 && at < shot.first + shot.seconds;
    media.wanted = on ? this.source(shot, at) : soon ? this.source(shot, shot.first) : null;
    if (!on || !this.playing) video.pause();
    if (media.wanted === null) return;
    if (on && this.playing) {
      video.playbackRate = shot.speed;
      video.muted = this.muted || shot.mute;
      if (video.paused) video.play().catch(() => {});
      if (Math.abs(video.currentTime - media.wanted) > SEEK_SLACK * shot.speed && !video.seeking) video.currentTime = media.wanted;
    } else this.catchUp(media);
  }

  catchUp(media) {
    const video = media.element;
    if (media.wanted === null || media.wanted === undefined || video.seeking || (this.playing && !video.paused)) return;
    if (Math.abs(video.currentTime - media.wanted) > 0.004) video.currentTime = media.wanted;
  }

  lockEnd(shot, media, n, at) {
    const { lock, shots, packshot, card } = this.view;
    const last = shots.findLastIndex((other) => other.kind === "video");
    if (!lock || n !== last) return void (media.lock.hidden = true);
    if (media.lock.getAttribute("src") !== packshot) media.lock.src = packshot;
    media.lock.hidden = false;
    const cover = shots[n + 1]?.overlap ?? (card ? 0.5 : 0);
    const stop = shot.first + shot.seconds - cover;
    const share = Math.min(Math.max((at - (stop - lock)) / lock, 0), 1);
    media.lock.style.opacity = share * share * (3 - 2 * share);
  }

  playMusic(at) {
    const music = this.view.music;
    if (!music || !this.playing || this.muted || at >= this.view.seconds) return this.music.pause();
    const left = this.view.seconds - at;
    const fade = music.fade_out ? Math.min(left / music.fade_out, 1) : 1;
    const heard = music.duck && this.media.some((m) => !m.element.paused && !m.element.muted && m.element.webkitAudioDecodedByteCount);
    this.music.volume = Math.min(music.volume * fade * (heard ? 0.3 : 1), 1);
    const wanted = (music.start + at) % music.seconds;
    if (Math.abs(this.music.currentTime - wanted) > 0.3) this.music.currentTime = wanted;
    if (this.music.paused) this.music.play().catch(() => {});
  }

  // Whether the clip under the playhead has its frame: time waits for it.
  get ready() {
    return this.view.shots.every((shot, n) => {
      const on = this.at >= shot.first && this.at < shot.first + shot.seconds;
      return !on || shot.kind !== "video" || this.media[n].element.readyState >= 2 || this.media[n].element.error;
    });
  }

  // ----------------------------------------------------------------------------------------- what lies over it

  ask(edit) {
    this.edit = edit;
    this.frame.dataset.overlays = "waiting";
    clearTimeout(this.asking);
    this.asking = setTimeout(async () => {
      this.asked?.abort();
      this.asked = new AbortController();
      const answer = await adsvideo.post("/api/v1/edits/overlays", edit, this.asked.signal);
      if (!answer?.ok || edit !== this.edit) return;
      this.drawn = await answer.json();
      this.buildLayers();
      this.frame.dataset.overlays = "ready";
      this.seek(this.at);
    }, 150);
  }

  buildLayers() {
    const { width, height, layers, card } = this.drawn;
    this.card.hidden = !card;
    if (card) this.card.src = card.image;
    const focused = document.activeElement?.dataset?.part;
    this.layers.replaceChildren(
      ...layers.map((layer) => {
        const image = document.createElement("img");
        image.src = layer.image;
        image.draggable = false;
        image.className = "edit-layer";
        image.dataset.part = layer.part;
        image.alt = "";
        if (layer.part.startsWith("texts.")) {
          image.tabIndex = 0;
          image.setAttribute("role", "button");
          const text = this.view.texts[this.textOf(layer.part)]?.text ?? "";
          image.setAttribute("aria-label", adsvideo.words(this.host).placed.replace("{text}", text));
        }
        image.style.left = `${(layer.left / width) * 100}%`;
        image.style.width = `${(layer.width / width) * 100}%`;
        image.style.height = `${(layer.height / height) * 100}%`;
        layer.element = image;
        return image;
      }),
    );
    this.mark();
    const same = [...this.layers.children].find((image) => image.dataset.part === focused);
    if (focused) same?.focus({ preventScroll: true });
  }

  // Texts without words are not drawn: what is drawn counts only those that have some.
  textOf(part) {
    const written = this.view.texts.map((text, n) => [text, n]).filter(([text]) => text.text.trim());
    return written[Number(part.split(".")[1])]?.[1] ?? 0;
  }

  mark() {
    for (const { part, element } of this.drawn.layers) {
      if (!element) continue;
      const isText = part.startsWith("texts.") && this.view.part === "texts";
      element.toggleAttribute("data-chosen", isText && this.view.tool === "text" && this.textOf(part) === this.view.chosen);
    }
    this.frame.toggleAttribute("data-crops", this.view.tool === "format");
  }

  drawLayers(frame) {
    const { height, layers, card } = this.drawn;
    for (const layer of layers) {
      const { element, first, stop } = layer;
      if (!element) continue;
      const on = frame >= first && frame < stop;
      element.hidden = !on;
      if (!on) continue;
      const come = Math.min((frame - first + 1) / (layer.enter + 1), 1);
      const gone = Math.min((stop - frame) / (layer.leave + 1), 1);
      const eased = 1 - (1 - come) ** 3;
      element.style.top = `${((layer.top + (1 - eased) * layer.rise) / height) * 100}%`;
      element.style.opacity = layer.opacity * Math.min(eased, gone);
      element.style.zIndex = layer.above ? 3 : 1;
    }
    if (card) this.card.style.opacity = frame < card.first ? 0 : Math.min((frame - card.first + 1) / (card.overlap + 1), 1);
  }

  // ----------------------------------------------------------------------------------------------------- hands

  grab(e) {
    if (e.button) return;
    const layer = e.target.closest(".edit-layer");
    if (layer?.dataset.part.startsWith("texts.")) return this.dragText(e, layer);
    if (layer?.dataset.part === "captions") return;
    if (this.view.tool === "format") return this.dragCrop(e);
  }

  dragText(e, element) {
    const number = this.textOf(element.dataset.part);
    const text = this.view.texts[number];
    const box = this.frame.getBoundingClientRect();
    let place;
    e.preventDefault();
    element.focus({ preventScroll: true });
    adsvideo.drag(element, e, {
      move: (dx, dy) => {
        place = { x: text.x + dx / box.width, y: text.y + dy / box.height };
        for (const axis of ["x", "y"]) {
          place[axis] = Math.min(Math.max(place[axis], 0), 1);
          if (Math.abs(place[axis] - 0.5) < SNAP) place[axis] = 0.5;
        }
        element.style.translate = `${(place.x - text.x) * box.width}px ${(place.y - text.y) * box.height}px`;
        this.guides.dataset.lines = [place.x === 0.5 ? "x" : "", place.y === 0.5 ? "y" : ""].join("");
      },
      end: () => {
        delete this.guides.dataset.lines;
        this.tell(place ? { what: "put", number, ...place } : { what: "choose", part: "texts", number });
      },
    });
  }

  dragCrop(e) {
    const number = this.view.shots.findLastIndex((shot) => this.at >= shot.first && this.at < shot.first + shot.seconds);
    const shot = this.view.shots[number];
    if (!shot || shot.framing.mode !== "crop") return;
    const box = this.frame.getBoundingClientRect();
    const media = this.media[number].element.getBoundingClientRect();
    const begun = { x: shot.framing.x, y: shot.framing.y };
    e.preventDefault();
    adsvideo.drag(this.frame, e, {
      move: (dx, dy) => {
        const room = { x: media.width - box.width, y: media.height - box.height };
        for (const [axis, moved] of [["x", dx], ["y", dy]])
          if (room[axis] > 1) shot.framing[axis] = Math.min(Math.max(begun[axis] - moved / room[axis], 0), 1);
        this.fit(shot, this.media[number]);
      },
      end: () => this.tell({ what: "crop", number, x: shot.framing.x, y: shot.framing.y }),
    });
  }

  nudge(e) {
    const layer = e.target.closest(".edit-layer");
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (!layer || !step || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    e.stopPropagation();
    const number = this.textOf(layer.dataset.part);
    const text = this.view.texts[number];
    const by = e.shiftKey ? 0.05 : 0.01;
    const within = (value) => Math.min(Math.max(value, 0), 1);
    [text.x, text.y] = [within(text.x + step[0] * by), within(text.y + step[1] * by)];
    this.tell({ what: "put", number, x: text.x, y: text.y });
  }

  async askStill() {
    this.frame.dataset.still = "waiting";
    const at = Math.min(this.at, this.view.seconds);
    const asked = (this.wanted = {});
    const answer = await adsvideo.post("/api/v1/edits/still", JSON.stringify({ ...this.view.edit, at }));
    if (asked !== this.wanted) return false; // the edit or the moment has changed meanwhile
    if (!answer?.ok) {
      delete this.frame.dataset.still;
      return false;
    }
    URL.revokeObjectURL(this.still.src);
    this.still.src = URL.createObjectURL(await answer.blob());
    await this.still.decode().catch(() => {});
    if (asked !== this.wanted) return false;
    this.still.hidden = false;
    this.frame.dataset.still = "ready";
    return true;
  }

  dropStill() {
    this.wanted = null;
    this.still.hidden = true;
    delete this.frame.dataset.still;
  }
}

adsvideo.stageOf = (host, tell) => new Stage(host, tell);
