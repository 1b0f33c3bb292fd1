/** The part of svgcanvas that is used here; it brings no types. */
declare module 'svgcanvas' {
  /** A 2D context that writes down what is drawn as SVG. */
  export class Context {
    constructor(options: { width: number; height: number });
    getSvg(): SVGSVGElement;
  }
}
