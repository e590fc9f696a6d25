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

// A result plays by itself, but not for who wants calm.
addEventListener("loadstart", (e) => calm.matches && e.target.matches?.("video[autoplay]") && (e.target.autoplay = false), true);
