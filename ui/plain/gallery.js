// More of the gallery comes by itself where one gets near its end; without a script there is the link.
let isComing = false;
async function look() {
  const link = document.querySelector(".plain-more a");
  if (isComing || !link || link.getBoundingClientRect().top > innerHeight + 800) return;
  isComing = true;
  try {
    const page = new DOMParser().parseFromString(await (await fetch(link.href)).text(), "text/html");
    link.parentElement.replaceWith(...page.querySelectorAll(".plain-cards, .plain-more"));
  } catch {
    return; // the link is still there
  } finally {
    isComing = false;
  }
  look();
}
addEventListener("scroll", look, { passive: true });
look();
