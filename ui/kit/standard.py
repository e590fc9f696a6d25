"""NiceGUI's own elements in our style: the props that CSS can't set; the rest is in standard.css."""

from nicegui import ui


def adopt() -> None:
    """Set defaults for all pages: no capitals, shadows or ripple; outlined fields with the label above."""
    for button in (ui.button, ui.dropdown_button):
        button.default_props('no-caps unelevated :ripple="false"')
    ui.toggle.default_props('no-caps unelevated :ripple="false" toggle-color="surface" toggle-text-color="text"')
    for field in (ui.input, ui.number, ui.textarea, ui.select, ui.color_input, ui.date_input, ui.time_input):
        field.default_props("outlined dense stack-label hide-bottom-space")
    for group in (ui.card, ui.table, ui.upload):
        group.default_props("flat")
    ui.tabs.default_props('no-caps inline-label align="left" :breakpoint="0" active-class="is-active"')
    ui.tab.default_props(':ripple="false"')
