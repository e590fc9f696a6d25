// [data-endless]: the button for more, which presses itself where one gets near the end.
let pressedAt = 0;
addEventListener(
  "scroll",
  () => {
    const button = $all("[data-endless]").find((each) => !each.hidden);
    if (!button || button.getBoundingClientRect().top > innerHeight + 800 || Date.now() - pressedAt < 500) return;
    pressedAt = Date.now(); // the server needs a moment
    button.click();
  },
  { passive: true },
);
