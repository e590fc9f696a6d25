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
