// What a page of ours needs of Vue and Quasar, as one module: make.py joins it to runtime.js.
import { h, resolveComponent } from "vue";
import install from "quasar/src/install-quasar.js";
import QDialog from "quasar/src/components/dialog/QDialog.js";
import QLayout from "quasar/src/components/layout/QLayout.js";
import QMenu from "quasar/src/components/menu/QMenu.js";
import QPage from "quasar/src/components/page/QPage.js";
import QPageContainer from "quasar/src/components/page/QPageContainer.js";
import QToggle from "quasar/src/components/toggle/QToggle.js";
import Dark from "quasar/src/plugins/dark/Dark.js";
import IconSet from "quasar/src/plugins/icon-set/IconSet.js";
import Lang from "quasar/src/plugins/lang/Lang.js";
import Notify from "quasar/src/plugins/notify/Notify.js";
import enUS from "quasar/lang/en-US.js";
import zhCN from "quasar/lang/zh-CN.js";
import dialog from "./dialog.js"; // NiceGUI's
import timer from "./timer.js";

// what nicegui.js and NiceGUI's page call
export { createApp, h, nextTick, resolveComponent, withKeys, withModifiers } from "vue";

const components = { QDialog, QLayout, QMenu, QPage, QPageContainer, QToggle };
// NiceGUI leaves its template to the browser: '<q-dialog @show="addClass" @hide="removeClass"> <slot /> </q-dialog>'.
// Written out, so that Vue's compiler can stay away.
dialog.template = undefined;
dialog.render = function () {
  const events = { onShow: this.addClass, onHide: this.removeClass };
  return h(resolveComponent("q-dialog"), events, { default: () => this.$slots.default?.() });
};

const plugins = { Dark, IconSet, Lang, Notify };
Object.assign(Lang, { enUS, zhCN });
window.Quasar = {
  version: __QUASAR_VERSION__,
  install(app, options) {
    install(app, { components, plugins, ...options });
    app.component("nicegui-dialog", dialog).component("nicegui-timer", timer);
  },
  lang: Lang,
  ...components,
  ...plugins,
};

// In place of DOMPurify, for elements that these pages have not: everything is text.
export default { sanitize: (html) => Object.assign(document.createElement("p"), { textContent: html }).innerHTML };
