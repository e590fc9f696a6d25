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

adsvideo.isLost = () => lost?.hidden === false;

// The visitor of this browser has changed. The page whose click did it is on its way already: a reload would stop it.
let leaving = false;
addEventListener("beforeunload", () => {
  leaving = true;
  setTimeout(() => (leaving = false), 10000); // it was a download, or the way was blocked
});
window.reloadUnlessLeaving = () => leaving || location.reload();

// The header gets its ground when something is under it.

addEventListener(
  "scroll",
  () => {
    const held = document.body.classList.contains("q-body--prevent-scroll"); // a dialog has pinned the page
    if (!held) document.documentElement.classList.toggle("is-scrolled", scrollY > 4);
  },
  { passive: true },
);
