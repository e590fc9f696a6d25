// The header gets its ground when something is under it.
addEventListener(
  "scroll",
  () => {
    const held = document.body.classList.contains("q-body--prevent-scroll"); // a dialog has pinned the page
    if (!held) document.documentElement.classList.toggle("is-scrolled", scrollY > 4);
  },
  { passive: true },
);
