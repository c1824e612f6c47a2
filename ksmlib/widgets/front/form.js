// Adding an operation: the fields that Python names, whatever they are.

class Form {
  constructor(host) {
    this.host = host;
    this.values = {};
    this.verb = make("select", { change: () => this.drawFields() });
    this.fields = make("div.ksm-fields");
    this.error = make("p.ksm-error", { id: `${host.id}-form-error` });
    this.submit = make("button", {
      type: "submit", "aria-describedby": `${host.id}-form-error`,
    });
    this.element = make("form.ksm-form", {
      novalidate: "", "aria-label": "Add an operation",
      submit: (event) => this.onSubmit(event),
    },
    make("p.ksm-heading", {}, "Add an operation"),
    make("div.ksm-field", {}, ...host.labelled("Operation", this.verb)),
    this.fields,
    make("div.ksm-buttons", {}, this.submit),
    this.error);
  }

  onSubmit(event) {
    event.preventDefault();
    const fields = {};
    for (const [name, control] of Object.entries(this.controls)) {
      fields[name] = control.type === "checkbox" ? control.checked : control.value.trim();
    }
    this.host.send({ op: "add", form: this.verb.value, fields });
  }

  draw() {
    const { host } = this;
    host.part("forms", ["forms"], () => {
      this.verb.replaceChildren(...host.get("forms").map((f) => option(f.name, f.label)));
      this.drawFields();
    });
    host.part("fresh", ["fresh"], () => { delete this.values.child; });
    host.part("processes", ["processes", "fresh"], (first) => {
      if (!first) this.drawFields();
    });
    host.part("form_error", ["form_error"], () => write(this.error, host.get("form_error")));
    host.part("submit", ["operations", "step"], () => this.drawSubmit());
  }

  drawSubmit() {
    const step = this.host.get("step");
    const atEnd = step === this.host.get("operations").length;
    this.submit.textContent = atEnd
      ? "Add at the end" : step ? `Add after step ${step}` : "Add at the start";
  }

  // The fields of the form chosen; what was filled in stays.
  drawFields() {
    const form = this.host.get("forms").find((f) => f.name === this.verb.value);
    const focused = Object.entries(this.controls ?? {})
      .find(([, control]) => control === this.host.focused())?.[0];
    this.controls = {};
    this.fields.replaceChildren(...(form?.fields ?? []).map((field) => {
      const control = this.control(field);
      this.controls[field.name] = control;
      const parts = this.host.labelled(field.label, control);
      return make("div.ksm-field", {}, ...(field.kind === "check" ? parts.reverse() : parts));
    }));
    this.controls[focused]?.focus();
  }

  control(field) {
    const keep = () => { this.values[field.name] = control.value; };
    const control = {
      process: () => this.processes(false),
      starter: () => this.processes(true),
      choice: () => make("select", {}, ...field.choices.map((c) => option(c))),
      check: () => make("input", { type: "checkbox" }),
      number: () => make("input", { type: "number", min: field.low, max: field.high, step: 1 }),
    }[field.kind]?.() ?? make("input", {
      type: "text", size: 8, spellcheck: "false", autocapitalize: "off",
      autocomplete: "off",
    });
    if (field.kind === "check") return control;
    const fallback = field.kind === "child" ? this.host.get("fresh") : field.default;
    const kept = this.values[field.name];
    if (control.tagName !== "SELECT") control.value = kept ?? fallback;
    else if ([...control.options].some((o) => o.value === kept)) control.value = kept;
    else if (fallback) control.value = fallback;
    control.addEventListener("input", keep);
    return control;
  }

  processes(starts) {
    const names = this.host.get("processes");
    const options = names.map((name) => option(name));
    if (starts || !names.length) {
      const fresh = this.host.get("fresh");
      options.push(option(fresh, `${fresh}, a new one`));
    }
    return make("select", {}, ...options);
  }
}
