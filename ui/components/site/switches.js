function remember(name, value) {
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `${name}=${value};path=/;max-age=${SHARED.cookieSeconds};samesite=lax${secure}`;
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  window.Quasar?.Dark.set(!dark);
  document.getElementById("nicegui-color-scheme")?.setAttribute("content", root.dataset.theme);
  remember(SHARED.themeCookie, root.dataset.theme);
}

addEventListener("click", (e) => {
  if (e.target.closest?.("[data-switch-theme]")) switchTheme();
  const language = e.target.closest?.("[data-language]");
  if (language) {
    remember(SHARED.languageCookie, language.dataset.language);
    location.reload();
  }
});
