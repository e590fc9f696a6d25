// NiceGUI shows and hides its own notice (#popup); ours says the same with how long it has been, and when it is over.
// A moment without a connection is not worth a word.
const lost = document.getElementById("lost");
const popup = document.getElementById("popup");
let unsentUntil = 0;
if (lost && popup) {
  const [title, text] = lost.children;
  let since = 0;
  let ticking, hiding;
  const tick = () => {
    const seconds = (Date.now() - since) / 1000;
    if (seconds < 2 || Date.now() < unsentUntil) return;
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

// The socket keeps what is emitted while it is closed, and sends it when it is back: a click could then pay minutes
// later. So without a connection a click on a button does nothing, and says so. A page that was never connected waits.
const isAway = () => !navigator.onLine || (window.did_handshake && window.socket && !window.socket.connected);
const BUTTONS = "button:not([data-scroll], [data-copy]), [role=menuitem], [role=option]";
addEventListener(
  "click",
  (e) => {
    const button = lost && isAway() && e.target.closest?.(BUTTONS);
    if (!button || button.disabled) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    lost.firstElementChild.textContent = lost.dataset.unsent;
    lost.children[1].textContent = lost.dataset.unsentText;
    lost.dataset.state = "lost";
    lost.hidden = false;
    unsentUntil = Date.now() + 4000;
  },
  true,
);

// The visitor of this browser has changed. The page whose click did it is on its way already: a reload would stop it.
let leaving = false;
addEventListener("beforeunload", () => {
  leaving = true;
  setTimeout(() => (leaving = false), 10000); // it was a download, or the way was blocked
});
window.reloadUnlessLeaving = () => leaving || location.reload();

// The same is found out by a page whose socket opens after the visitor has changed. It may have been left before this
// script ran, which tells nobody: so it waits for a moment, and for as long as it is on its way.
const reloadOnceNotLeaving = () => setTimeout(() => (leaving ? reloadOnceNotLeaving() : location.reload()), 1000);
let opened;
Object.defineProperty(window, "socket", {
  get: () => opened,
  set: (socket) => {
    opened = socket;
    socket.on("connect_error", (error) => error.message === "Another visitor's" && reloadOnceNotLeaving());
  },
});

// The first that Tab reaches.
addEventListener("click", (e) => {
  const page = e.target.matches?.(".nicegui-skip-link") && document.querySelector(e.target.hash);
  if (!page) return;
  page.tabIndex = -1;
  page.focus();
});
