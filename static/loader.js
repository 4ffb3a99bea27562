// Fetches htmx only once a control that uses it is approached, and never under Save-Data or on browsers too old for it.
(d => {
  if (![].at || (navigator.connection || 0).saveData) return
  const names = ["focusin", "pointerover", "touchstart"], scripts = d.currentScript.dataset.then.split(" ")
  const near = e => {
    if (!e.target.closest || !e.target.closest("[data-hx-get],[data-hx-post],.thread a")) return
    names.forEach(n => d.removeEventListener(n, near))
    scripts.forEach(s => d.head.append(Object.assign(d.createElement("script"), {src: s, async: false})))
  }
  names.forEach(n => d.addEventListener(n, near, {passive: true}))
  // Back to an address that htmx had pushed, after a reload: the browser changes the address alone. htmx would see to it.
  addEventListener("popstate", e => e.state && e.state.htmx && !window.htmx && location.reload())
})(document)
