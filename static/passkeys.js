// Passkeys: asks the browser for one, or to make one, and sends what it says with the form. Its form is hidden until then.
(d => {
  if (!window.PublicKeyCredential) return
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0))
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "")
  const asked = options => {
    options.challenge = bytes(options.challenge)
    if (options.user) options.user.id = bytes(options.user.id)
    for (const list of ["allowCredentials", "excludeCredentials"])
      (options[list] || []).forEach(known => known.id = bytes(known.id))
    return options
  }
  const said = key => {
    const r = key.response, response = {clientDataJSON: text(r.clientDataJSON)}
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
      if (r[name]) response[name] = text(r[name])
    if (r.getTransports) response.transports = r.getTransports()
    return JSON.stringify({id: key.id, rawId: text(key.rawId), type: key.type, response})
  }
  const say = (form, words) => {
    let p = form.querySelector(".error")
    if (!p) {
      p = d.createElement("p")
      p.className = "error"
      p.setAttribute("role", "alert")
      form.append(p)
    }
    p.textContent = words
  }
  d.querySelectorAll("form[data-passkey]").forEach(form => {
    form.previousElementSibling.hidden = true
    form.hidden = false
    form.addEventListener("submit", async e => {
      e.preventDefault()
      try {
        const publicKey = asked(JSON.parse(form.dataset.options))
        form.elements.credential.value = said(await navigator.credentials[form.dataset.passkey]({publicKey}))
      } catch (error) {
        say(form, error.name == "InvalidStateError" ? form.dataset.there : form.dataset.stopped)
        return
      }
      form.submit()
    })
  })
})(document)
