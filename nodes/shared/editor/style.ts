/** Only variables of the editor's theme: whatever theme is chosen, the dialogs are part of it. */
const STYLE = `
.as2-form .form-row { display: grid; grid-template-columns: 130px minmax(0, 1fr); column-gap: 10px; align-items: center; }
.as2-form .form-row > label:first-child { width: auto; margin: 0; }
.as2-form .form-row > label:first-child > .fa { width: 16px; text-align: center; }
.as2-form .form-row > input:not([type=checkbox]), .as2-form .form-row > select, .as2-form .form-row > textarea { width: 100%; box-sizing: border-box; }
.as2-form .form-row.as2-wide { display: block; }
.as2-form .form-row .as2-below { grid-column: 2; margin-top: 6px; }
.as2-form .form-row .as2-below:empty { display: none; }
.as2-form .as2-hidden { display: none !important; }
.as2-form .form-row .as2-check { display: flex; gap: 8px; align-items: center; line-height: 20px; width: auto; margin: 0; }
.as2-form .form-row > .as2-check { grid-column: 2; }
.as2-form .form-row .as2-check input { width: auto; margin: 0; flex: none; }
.as2-form .as2-choices { display: flex; flex-wrap: wrap; gap: 6px 18px; }
.as2-form .as2-more { margin: 0 0 12px; }
.as2-form .as2-more > summary { display: list-item; cursor: pointer; padding: 4px 0; color: var(--red-ui-primary-text-color); }
.as2-form .as2-more[open] > summary { margin-bottom: 10px; }
.as2-form .as2-more > .as2-hint { margin-bottom: 10px; }
.as2-form .as2-unit { display: flex; gap: 8px; align-items: center; }
.as2-form .form-row .as2-unit input { width: 90px; }
.as2-form .as2-heading { margin: 18px 0 10px; padding-bottom: 4px; font-weight: bold; font-size: inherit; line-height: 20px;
  color: var(--red-ui-primary-text-color); border-bottom: 1px solid var(--red-ui-secondary-border-color); }
.as2-form .as2-heading:first-child { margin-top: 0; }
.as2-form .as2-panel { padding-top: 15px; }
.as2-form .as2-hint, .as2-form .as2-note { font-size: 12px; line-height: 17px; color: var(--red-ui-secondary-text-color); overflow-wrap: anywhere;
  /* A long sentence wraps; it does not make the dialog wider. */
  width: 0; min-width: 100%; }
.as2-form .form-row > .as2-hint, .as2-form .form-row > .as2-note { grid-column: 2; margin-top: 4px; }
.as2-form .as2-note, .as2-form .as2-soso { color: var(--red-ui-primary-text-color); }
.as2-form .as2-note::before, .as2-form .as2-soso::before { content: "\\f071"; font-family: FontAwesome; margin-right: 5px; color: var(--red-ui-text-color-warning); }
.as2-form .as2-note.as2-problem { color: var(--red-ui-text-color-error); }
.as2-form .as2-note.as2-problem::before { content: "\\f06a"; color: var(--red-ui-text-color-error); }
.as2-form .as2-hint:empty, .as2-form .as2-note:empty, .as2-form .as2-soso:empty { display: none; }
.as2-form .as2-buttons { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.as2-form .as2-buttons .red-ui-button .fa-spinner { margin-right: 2px; }
.as2-form textarea.as2-paste { display: block; width: 100%; box-sizing: border-box; min-height: 64px; resize: vertical; margin: 0 0 8px;
  font-family: var(--red-ui-monospace-font); font-size: 12px; line-height: 17px; border-style: dashed; }
.as2-form .as2-paste.as2-dropping { border-color: var(--red-ui-form-input-focus-color); background: var(--red-ui-secondary-background-hover); }
.as2-form .as2-card { margin-bottom: 8px; padding: 8px 10px; border: 1px solid var(--red-ui-form-input-border-color);
  border-left: 4px solid var(--red-ui-form-input-border-color); border-radius: 4px; background: var(--red-ui-form-input-background); }
.as2-form .as2-card header { display: flex; gap: 8px; justify-content: space-between; align-items: flex-start; }
.as2-form .as2-card-subject { font-weight: bold; overflow-wrap: anywhere; }
.as2-form .as2-state-valid { border-left-color: var(--red-ui-border-color-success); }
.as2-form .as2-state-expires-soon, .as2-form .as2-state-not-yet-valid { border-left-color: var(--red-ui-border-color-warning); }
.as2-form .as2-state-expired { border-left-color: var(--red-ui-border-color-error); }
.as2-form .as2-state-valid .as2-card-state { color: var(--red-ui-text-color-success); }
.as2-form .as2-state-expires-soon .as2-card-state .fa, .as2-form .as2-state-not-yet-valid .as2-card-state .fa, .as2-form .as2-card-warning .fa { color: var(--red-ui-text-color-warning); }
.as2-form .as2-state-expired .as2-card-state { color: var(--red-ui-text-color-error); }
.as2-form .as2-facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px 12px; margin: 6px 0 0; font-size: 12px; line-height: 18px; }
.as2-form .as2-facts dt { font-weight: normal; color: var(--red-ui-secondary-text-color); }
.as2-form .as2-facts dd { margin: 0; display: flex; gap: 6px; justify-content: space-between; align-items: flex-start; overflow-wrap: anywhere; }
.as2-form .as2-facts dd > :first-child { min-width: 0; }
.as2-form .as2-technical { font-family: var(--red-ui-monospace-font); font-size: 11px; }
.as2-form .as2-slide { margin-bottom: 12px; padding: 10px; border: 1px solid var(--red-ui-form-input-border-color); border-radius: 4px;
  background: var(--red-ui-tertiary-background); }
.as2-form .as2-slide .form-row:last-of-type { margin-bottom: 8px; }
.as2-form .as2-wide > .as2-hint { margin-bottom: 6px; }
.as2-form .as2-slide > .as2-note, .as2-form .as2-panel > .as2-note, .as2-form .as2-wide > .as2-note { margin-bottom: 8px; }
.as2-form .as2-slide .as2-buttons { justify-content: flex-end; }
.as2-form .as2-file { display: inline-flex; gap: 6px; align-items: center; margin: 0 8px 4px 0; }
.as2-form .as2-state-line { margin-bottom: 8px; }
.as2-form .as2-ok { color: var(--red-ui-text-color-success); }
.as2-form .as2-bad { color: var(--red-ui-text-color-error); }
.as2-form .as2-address { display: flex; gap: 6px; align-items: flex-start; justify-content: space-between; padding: 6px 8px; border-radius: 4px;
  border: 1px solid var(--red-ui-form-input-border-color); background: var(--red-ui-tertiary-background);
  font-family: var(--red-ui-monospace-font); font-size: 12px; line-height: 20px; overflow-wrap: anywhere; }
.as2-form #as2-partner-test { margin-bottom: 12px; }
.as2-form #as2-partner-test > .as2-hint { margin-bottom: 6px; }
.as2-form .as2-test { margin-top: 8px; }
.as2-form .as2-test-steps { list-style: none; margin: 0 0 8px; }
.as2-form .as2-test-steps > li { padding: 5px 0; border-bottom: 1px solid var(--red-ui-secondary-border-color); overflow-wrap: anywhere; }
.as2-form .as2-test-steps > li.as2-test-url { padding-top: 12px; color: var(--red-ui-primary-text-color); }
.as2-form .as2-test-steps > li > .as2-facts { margin: 2px 0 0 18px; }
.as2-form .as2-test-steps .as2-facts:empty { display: none; }
.as2-form .as2-test-steps .as2-more { margin: 2px 0 0 18px; }
.as2-form .as2-test-steps .as2-test-note { margin: 3px 0 0 18px; min-width: calc(100% - 18px); }
.as2-form .as2-test-note { font-size: 12px; line-height: 17px; }
.as2-form .as2-test-aside { font-size: 12px; color: var(--red-ui-secondary-text-color); }
.as2-form .form-tips { max-width: none; }
.as2-form .red-ui-tabs ul li { width: auto !important; max-width: none; }
.as2-form .red-ui-tabs ul li a.red-ui-tab-label { width: auto; padding: 0 12px; }
.red-ui-tabs li.as2-tab-problem a.red-ui-tab-label::after { content: "\\f06a"; font-family: FontAwesome; margin-left: 6px; color: var(--red-ui-text-color-error); }
`;

/** Puts the style of our dialogs into the page, once for all nodes. */
export function useStyle(): void {
  const id = 'as2-editor-style';
  if (document.getElementById(id)) return;
  const style = document.createElement('style');
  style.id = id;
  style.textContent = STYLE;
  document.head.append(style);
}
