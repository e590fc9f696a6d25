// <ads-edit>'s timeline: clips with their frames and handles, captions, texts, music, the playhead over all.
const FRAME = 1 / 24;
const LEAST = 0.1; // seconds that anything lasts
const TIGHTEST = 14; // pixels a second
const PEAKS = 800;
const peaks = new Map();

const stamp = (seconds) => {
  const hundredths = Math.round(seconds * 100);
  const two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(hundredths / 6000)}:${two(Math.floor(hundredths / 100) % 60)}.${two(hundredths % 100)}`;
};

class Timeline {
  constructor(host, tell, seek) {
    Object.assign(this, { host, tell, seek });
    this.scroll = host.querySelector(".edit-scroll");
    this.track = host.querySelector(".edit-tape");
    this.ruler = host.querySelector(".edit-ruler");
    this.lanes = Object.fromEntries(["clips", "captions", "texts", "music"].map((name) => [name, host.querySelector(`.edit-lane-${name}`)]));
    this.playhead = host.querySelector(".edit-playhead");
    this.bubble = host.querySelector(".edit-bubble");
    this.strips = new Map();
    this.size = new ResizeObserver(() => this.view && this.draw());
    this.size.observe(this.scroll);
    this.track.addEventListener("pointerdown", (e) => this.scrub(e));
    this.playhead.addEventListener("keydown", (e) => this.stepKey(e));
  }

  leave() {
    this.size.disconnect();
  }

  show(view) {
    this.view = view;
    if (!this.held) this.draw();
  }

  get words() {
    return adsvideo.words(this.host);
  }

  draw() {
    const view = this.view;
    this.pace = Math.max((this.scroll.clientWidth - 22) / view.seconds, TIGHTEST);
    this.track.style.width = `${view.seconds * this.pace}px`;
    this.drawRuler();
    const focused = document.activeElement?.dataset?.key;
    this.lanes.clips.replaceChildren(...view.shots.map((shot, n) => this.clip(shot, n)), ...(view.card ? [this.card()] : []));
    this.bars("captions", view.captions);
    this.bars("texts", view.texts);
    this.drawMusic();
    this.at(this.now ?? 0);
    if (focused) this.track.querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
  }

  drawRuler() {
    const step = [0.5, 1, 2, 5, 10].find((seconds) => seconds * this.pace >= 56) ?? 10;
    const marks = [];
    for (let at = 0; at < this.view.seconds - 0.05; at += step) {
      const mark = document.createElement("span");
      mark.className = "edit-tick";
      mark.style.left = `${at * this.pace}px`;
      mark.textContent = step < 1 ? `${at.toFixed(1)}` : clock(at);
      marks.push(mark);
    }
    this.ruler.replaceChildren(...marks);
  }

  box(name, key, first, seconds, label) {
    const box = document.createElement("div");
    box.className = name;
    box.dataset.key = key;
    box.style.left = `${first * this.pace}px`;
    box.style.width = `${Math.max(seconds * this.pace, 3)}px`;
    if (label) {
      box.tabIndex = 0;
      box.setAttribute("role", "button");
      box.setAttribute("aria-label", label);
      box.title = label;
    }
    return box;
  }

  chosen(part, number) {
    const tools = { clips: ["trim", "format", "lock"], texts: ["text"], captions: ["captions"] };
    return this.view.part === part && this.view.chosen === number && tools[part].includes(this.view.tool);
  }

  // ---------------------------------------------------------------------------------------------------- clips

  clip(shot, number) {
    const label = this.words.clip.replace("{n}", number + 1).replace("{time}", stamp(shot.seconds));
    const box = this.box("edit-clip", `clips.${number}`, shot.first, shot.seconds, label);
    const strip = document.createElement("canvas");
    strip.className = "edit-strip";
    box.append(strip);
    if (shot.overlap) {
      const mark = document.createElement("span");
      mark.className = "edit-overlap";
      mark.style.width = `${shot.overlap * this.pace}px`;
      box.append(mark);
    }
    this.paint(strip, shot);
    box.onkeydown = (e) => this.clipKey(e, number);
    box.onpointerdown = (e) => e.target.closest(".edit-handle") || this.hold(e, box, shot, number);
    if (this.chosen("clips", number)) {
      box.dataset.chosen = "";
      box.append(this.handle("begin", shot, number, box), this.handle("end", shot, number, box));
    }
    return box;
  }

  card() {
    const first = this.view.body - 0.5;
    const box = this.box("edit-clip edit-cardblock", "card.0", first, this.view.seconds - first, this.words.card);
    box.append(Object.assign(document.createElement("span"), { textContent: this.words.card }));
    box.onclick = () => this.tell({ what: "choose", part: "card" });
    box.onkeydown = (e) => e.key === "Enter" && this.tell({ what: "choose", part: "card" });
    return box;
  }

  async paint(canvas, shot) {
    const height = 64;
    const width = Math.max(Math.round(shot.seconds * this.pace), 3);
    const sharp = Math.min(devicePixelRatio, 2);
    canvas.width = width * sharp;
    canvas.height = height * sharp;
    const address = shot.strip ?? shot.src;
    if (!this.strips.has(address)) {
      const image = new Image();
      image.src = address;
      this.strips.set(address, image);
    }
    const sheet = this.strips.get(address);
    try {
      await sheet.decode();
    } catch {
      this.strips.delete(address); // without a worker there is none: the clip is a plain block until it is drawn anew
      return;
    }
    const pen = canvas.getContext("2d");
    pen.scale(sharp, sharp);
    const tiles = shot.strip ? this.view.tiles : 1;
    const own = sheet.naturalWidth / tiles;
    const each = (own / sheet.naturalHeight) * height;
    for (let x = 0; x < width; x += each) {
      const at = shot.strip ? (shot.start + ((x + each / 2) / this.pace) * shot.speed) / shot.own : 0;
      const tile = Math.min(Math.max(Math.floor(at * tiles), 0), tiles - 1);
      pen.drawImage(sheet, tile * own, 0, own, sheet.naturalHeight, x, 0, each, height);
    }
  }

  handle(side, shot, number, box) {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = `edit-handle edit-handle-${side}`;
    handle.dataset.key = `${side}.${number}`;
    handle.setAttribute("role", "slider");
    const value = side === "begin" ? (shot.start ?? 0) : (shot.end ?? shot.seconds);
    handle.setAttribute("aria-label", this.words[side].replace("{n}", number + 1));
    handle.setAttribute("aria-valuemin", 0);
    handle.setAttribute("aria-valuemax", (shot.own ?? 60).toFixed(3));
    handle.setAttribute("aria-valuenow", value.toFixed(3));
    handle.setAttribute("aria-valuetext", stamp(value));
    handle.onpointerdown = (e) => this.pull(e, side, shot, number, box);
    handle.onkeydown = (e) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
      if (!step || e.ctrlKey || e.metaKey || e.altKey) return;
      e.preventDefault();
      e.stopPropagation();
      const moved = step * FRAME * (e.shiftKey ? 10 : 1);
      this.trim(side, shot, moved);
      this.told(number, shot);
      this.seek(side === "begin" ? shot.first : shot.first + shot.seconds - FRAME);
    };
    return handle;
  }

  // Change the shot by hand, in seconds of the edit; the server has the last word.
  trim(side, shot, moved) {
    if (shot.kind !== "video") {
      shot.seconds = Math.min(Math.max(shot.seconds + (side === "begin" ? -moved : moved), 0.2), 60);
      return;
    }
    const by = moved * shot.speed;
    if (side === "begin") shot.start = Math.min(Math.max(shot.start + by, 0), shot.end - LEAST);
    else shot.end = Math.max(Math.min(shot.end + by, shot.own), shot.start + LEAST);
    shot.seconds = (shot.end - shot.start) / shot.speed;
  }

  told(number, shot) {
    const times = shot.kind === "video" ? { start: shot.start, end: shot.end } : { start: 0, end: shot.seconds };
    this.tell({ what: "trim", number, ...times });
  }

  pull(e, side, shot, number, box) {
    e.preventDefault();
    e.stopPropagation();
    this.held = true;
    const begun = { ...shot };
    adsvideo.drag(e.currentTarget, e, {
      move: (dx) => {
        Object.assign(shot, begun);
        this.trim(side, shot, dx / this.pace);
        const cut = begun.seconds - shot.seconds;
        box.style.left = `${(begun.first + (side === "begin" ? cut : 0)) * this.pace}px`;
        box.style.width = `${shot.seconds * this.pace}px`;
        box.querySelector(".edit-strip").style.marginLeft = side === "begin" ? `${-cut * this.pace}px` : "";
        this.seek(side === "begin" ? shot.first : shot.first + shot.seconds - FRAME);
      },
      end: (moved) => {
        this.held = false;
        if (moved) this.told(number, shot);
        else this.draw();
      },
    });
  }

  // A clip under the hand: a click chooses it, a drag puts it elsewhere in the row.
  hold(e, box, shot, number) {
    if (e.button || e.pointerType === "touch") return void (box.onclick = () => this.chooseClip(number));
    e.stopPropagation();
    const edges = this.view.shots.map((other) => other.first + other.seconds / 2);
    let to = number;
    adsvideo.drag(box, e, {
      move: (dx) => {
        const middle = shot.first + shot.seconds / 2 + dx / this.pace;
        to = edges.filter((edge, n) => n !== number && edge < middle).length;
        box.dataset.moving = "";
        box.style.translate = `${dx}px`;
      },
      end: (moved, up) => {
        delete box.dataset.moving;
        box.style.translate = "";
        if (moved && to !== number) return this.tell({ what: "move", number, to });
        if (!moved) {
          this.chooseClip(number);
          this.seek(this.timeOf(up.clientX));
        }
      },
    });
  }

  chooseClip(number) {
    if (!this.chosen("clips", number)) this.tell({ what: "choose", part: "clips", number });
  }

  clipKey(e, number) {
    if (e.target !== e.currentTarget) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (e.key === "Enter") this.chooseClip(number);
    else if (by && e.altKey) this.tell({ what: "move", number, to: number + by });
    else if (e.key === "Delete" || e.key === "Backspace") this.chooseClip(number), this.tell({ what: "remove" });
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  // ------------------------------------------------------------------------------------------ captions and texts

  bars(part, entries) {
    const lane = this.lanes[part];
    lane.hidden = !entries.length;
    const rows = [];
    lane.replaceChildren(
      ...entries.slice(0, 200).map((entry, number) => {
        const end = entry.end ?? this.view.body;
        let row = rows.findIndex((free) => free <= entry.start + 1e-6);
        if (row < 0) row = rows.push(0) - 1;
        rows[row] = end;
        const words = (part === "texts" ? this.words.text : this.words.line).replace("{text}", entry.text);
        const box = this.box("edit-bar-block", `${part}.${number}`, entry.start, end - entry.start, words);
        box.textContent = entry.text;
        box.style.top = `${row * 24 + 2}px`;
        box.toggleAttribute("data-chosen", this.chosen(part, number));
        box.onpointerdown = (e) => this.slideBar(e, box, part, entry, number, end);
        box.onkeydown = (e) => this.barKey(e, part, entry, number, end);
        return box;
      }),
    );
    lane.style.height = `${rows.length * 24 + 4}px`;
  }

  slideBar(e, box, part, entry, number, end) {
    if (e.button) return;
    e.stopPropagation();
    const rect = box.getBoundingClientRect();
    const edge = Math.min(10, rect.width / 4);
    const side = e.clientX - rect.left < edge ? "start" : rect.right - e.clientX < edge ? "end" : "both";
    let times;
    adsvideo.drag(box, e, {
      move: (dx) => {
        const by = dx / this.pace;
        let [from, to] = [entry.start, end];
        if (side !== "end") from = Math.max(from + by, 0);
        if (side !== "start") to = to + by;
        if (side === "both") to = from + (end - entry.start);
        if (to - from < LEAST) return;
        times = { start: from, end: to };
        box.style.left = `${from * this.pace}px`;
        box.style.width = `${(to - from) * this.pace}px`;
      },
      end: () => this.tell(times ? { what: "times", part, number, ...times } : { what: "choose", part, number }),
    });
  }

  barKey(e, part, entry, number, end) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (e.key === "Enter") this.tell({ what: "choose", part, number });
    else if (e.key === "Delete" || e.key === "Backspace") {
      this.tell({ what: "choose", part, number });
      this.tell({ what: "remove" });
    } else if (step) {
      const by = step * FRAME * (e.shiftKey ? 10 : 1);
      [entry.start, entry.end] = [Math.max(entry.start + by, 0), end + by];
      this.tell({ what: "times", part, number, start: entry.start, end: entry.end });
    } else return;
    e.preventDefault();
    e.stopPropagation();
  }

  // ---------------------------------------------------------------------------------------------------- music

  async drawMusic() {
    const music = this.view.music;
    const canvas = this.lanes.music;
    canvas.hidden = !music;
    if (!music) return;
    const [width, height] = [this.view.seconds * this.pace, 40];
    canvas.width = width;
    canvas.height = height;
    const heights = music.peaks.length ? music.peaks : await peaksOf(music.src);
    if (this.view.music !== music || !heights.length) return;
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = getComputedStyle(this.host).getPropertyValue("--secondary");
    const most = Math.max(...heights, 1);
    for (let x = 0; x < width; x += 3) {
      const at = x / this.pace;
      const share = ((music.start + at) % music.seconds) / music.seconds;
      const fade = music.fade_out ? Math.min((this.view.seconds - at) / music.fade_out, 1) : 1;
      const place = share * heights.length;
      const one = heights[Math.floor(place) % heights.length];
      const peak = one + (heights[(Math.floor(place) + 1) % heights.length] - one) * (place % 1);
      const tall = Math.max((peak / most) * Math.min(music.volume, 1.2) * fade * (height - 8), 1);
      pen.fillRect(x, (height - tall) / 2, 2, tall);
    }
  }

  // -------------------------------------------------------------------------------------------------- playhead

  timeOf(x) {
    return Math.min(Math.max((x - this.track.getBoundingClientRect().left) / this.pace, 0), this.view.seconds);
  }

  at(now) {
    this.now = now;
    if (!this.view) return;
    const text = stamp(now);
    this.playhead.style.translate = `${now * this.pace}px`;
    this.playhead.dataset.side = now > this.view.seconds * 0.85 ? "left" : "right";
    this.bubble.textContent = text;
    this.playhead.setAttribute("aria-valuenow", now.toFixed(2));
    this.playhead.setAttribute("aria-valuemax", this.view.seconds.toFixed(2));
    this.playhead.setAttribute("aria-valuetext", text);
    const x = now * this.pace - this.scroll.scrollLeft;
    if (this.follows && (x < 0 || x > this.scroll.clientWidth)) this.scroll.scrollLeft = now * this.pace - 40;
  }

  scrub(e) {
    if (e.button || (e.pointerType === "touch" && !e.target.closest(".edit-ruler, .edit-playhead"))) return;
    this.seek(this.timeOf(e.clientX));
    e.preventDefault();
    adsvideo.drag(this.track, e, { move: (_dx, _dy, now) => this.seek(this.timeOf(now.clientX)), end: () => {} });
  }

  stepKey(e) {
    const to = { Home: 0, End: this.view.seconds }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    this.seek(to);
  }
}

// The loudest samples of a track of ours, in equal parts; read once.
async function peaksOf(address) {
  if (!peaks.has(address)) peaks.set(address, measure(address).catch(() => []));
  return peaks.get(address);
}

async function measure(address) {
  const content = await (await fetch(address)).arrayBuffer();
  const sound = (await new OfflineAudioContext(1, 1, 8000).decodeAudioData(content)).getChannelData(0);
  const each = Math.floor(sound.length / PEAKS) || 1;
  return Array.from({ length: PEAKS }, (_, n) => {
    let most = 0;
    for (let i = n * each; i < (n + 1) * each; i += 4) most = Math.max(most, Math.abs(sound[i] ?? 0));
    return most * 100;
  });
}

adsvideo.timelineOf = (host, tell, seek) => new Timeline(host, tell, seek);
adsvideo.stamp = stamp;
