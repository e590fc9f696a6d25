adsvideo.pay = (button, emit) => {
  if (button.disabled) return;
  button.disabled = true;
  emit(Date.now());
};
adsvideo.release = (button, disabled) => {
  if (button) button.disabled = disabled;
};

// Tells once, as soon as the page is connected, what its clock says.
adsvideo.hello = (emit) => {
  const wait = setInterval(() => {
    if (!window.did_handshake) return;
    clearInterval(wait);
    emit(Date.now());
  }, 100);
};
