// States of rows, by their position, as the server has drawn them.
adsvideo.rows = (list, states) => {
  for (const [position, html] of Object.entries(states)) {
    const state = list?.querySelector(`[data-row="${position}"] .batch-state`);
    if (state && state.innerHTML !== html) state.innerHTML = html;
  }
};
