/** Colours of marked pixels: told apart on dark and light ground, and by people who see fewer colours. */
export const PIN_COLORS = ['#d55e00', '#0090d0', '#009e73', '#cc79a7', '#a08300'];
