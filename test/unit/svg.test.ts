import assert from 'node:assert/strict';
import { type Measure, SvgContext } from '../../webview/svg-context';
import { paintOf } from '../../webview/svg-paint';
import { escapeXml, fontAttributes } from '../../webview/svg-text';

/** Ten pixels a letter; lines reach 8 above the baseline, of which the middle is 3 below. */
const measure: Measure = (text, _font, baseline) => ({
  width: text.length * 10,
  fontBoundingBoxAscent: baseline === 'middle' ? 5 : 8,
});

/** What is drawn, without the frame around it. */
function drawn(draw: (context: SvgContext) => void): string[] {
  const context = new SvgContext({}, measure);
  draw(context);
  const lines = context.toSvg(100, 50, 'white', 'A title').split('\n');
  assert.ok(lines[0]?.startsWith('<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"'));
  assert.equal(lines.at(-1)?.endsWith('</svg>'), true);
  return lines.slice(1).map((line) => line.replace('</svg>', ''));
}

describe('webview: SVG', () => {
  it('writes text as text, escaped, at its baseline', () => {
    const [, text] = drawn((context) => {
      context.font = 'bold 11px "Segoe UI", sans-serif';
      context.textBaseline = 'middle';
      context.textAlign = 'right';
      context.fillStyle = 'rgba(1, 2, 3, 0.5)';
      context.fillText('<a & "b">\u0001', 20, 10);
    });
    assert.equal(
      text,
      '<text x="20" y="13" font-family="&quot;Segoe UI&quot;, sans-serif" font-size="11" font-weight="bold" ' +
        'text-anchor="end" fill="rgb(1, 2, 3)" fill-opacity="0.5">&lt;a &amp; &quot;b&quot;&gt;</text>',
    );
  });

  it('turns text that is turned, and narrows text that is too wide', () => {
    const [, turned, narrow] = drawn((context) => {
      context.save();
      context.translate(10, 40);
      context.rotate(-Math.PI / 2);
      context.fillText('cost', 0, 0);
      context.restore();
      context.fillText('cost', 5, 5, 30);
    });
    assert.ok(turned?.includes('transform="matrix(0 -1 1 0 10 40)"'), turned);
    assert.ok(narrow?.includes('textLength="30"') && !narrow.includes('transform'), narrow);
  });

  it('draws paths where the transform puts them, and restores what was saved', () => {
    const [, line, box] = drawn((context) => {
      context.save();
      context.translate(10, 20);
      context.scale(2, 2);
      context.strokeStyle = '#ff000033';
      context.lineWidth = 3;
      context.setLineDash([4, 2]);
      context.beginPath();
      context.moveTo(0, 0);
      context.lineTo(5, 5);
      context.bezierCurveTo(6, 6, 7, 7, 8, 8);
      context.stroke();
      context.restore();
      context.globalAlpha = 0.25;
      context.fillRect(1, 2, 3, 4);
    });
    assert.equal(
      line,
      '<path d="M10 20L20 30C22 32 24 34 26 36" fill="none" stroke="#ff0000" stroke-opacity="0.2" ' +
        'stroke-width="6" stroke-miterlimit="10" stroke-dasharray="8 4"/>',
    );
    assert.equal(box, '<path d="M1 2L4 2L4 6L1 6Z" fill="#000000" fill-opacity="0.25"/>');
  });

  it('draws arcs in halves, the way round that was asked for', () => {
    const [, circle, quarter] = drawn((context) => {
      context.beginPath();
      context.arc(10, 10, 5, 0, 2 * Math.PI);
      context.fill();
      context.beginPath();
      context.arc(0, 0, 10, 0, -Math.PI / 2, true);
      context.stroke();
    });
    assert.ok(circle?.includes('d="M15 10A5 5 0 0 1 5 10A5 5 0 0 1 15 10"'), circle);
    assert.ok(quarter?.includes('d="M10 0A10 10 0 0 0 7.07 -7.07A10 10 0 0 0 0 -10"'), quarter);
  });

  it('goes on from a negative angle, and a whole turn is one turn', () => {
    const [, threeQuarters, whole] = drawn((context) => {
      context.beginPath();
      context.arc(0, 0, 10, 0, -Math.PI / 2);
      context.fill();
      context.beginPath();
      context.arc(0, 0, 10, 0, 6 * Math.PI);
      context.fill();
    });
    assert.ok(threeQuarters?.includes('A10 10 0 0 1 -7.07 7.07A10 10 0 0 1 0 -10'), threeQuarters);
    assert.ok(whole?.includes('M10 0A10 10 0 0 1 -10 0A10 10 0 0 1 10 0"'), whole);
  });

  it('clips within what is clipped already, and writes the same clip once', () => {
    const [definitions, , inner, outer] = drawn((context) => {
      const clipTo = (size: number) => {
        context.save();
        context.beginPath();
        context.rect(0, 0, size, size);
        context.clip();
      };
      clipTo(20);
      clipTo(10);
      context.fillRect(0, 0, 1, 1);
      context.restore();
      context.restore();
      clipTo(20);
      context.fillRect(0, 0, 2, 2);
    });
    assert.equal(definitions?.split('<clipPath').length, 3);
    assert.ok(definitions.includes('<clipPath id="d2"  clip-path="url(#d1)">'), definitions);
    assert.ok(inner?.includes('clip-path="url(#d2)"') && outer?.includes('clip-path="url(#d1)"'));
  });

  it('leaves out what was cleared, and what is not seen', () => {
    const shapes = drawn((context) => {
      context.fillRect(0, 0, 1, 1);
      context.clearRect();
      context.fillStyle = 'transparent';
      context.fillRect(0, 0, 1, 1);
      context.beginPath();
      context.stroke();
    });
    assert.deepEqual(shapes, ['<rect width="100" height="50" fill="white"/>']);
  });

  it('rounds the corners of boxes', () => {
    const [, box] = drawn((context) => {
      context.beginPath();
      context.roundRect(0, 0, 20, 10, 4);
      context.fill();
    });
    assert.equal(box?.match(/A4 4/g)?.length, 8);
    assert.ok(box.includes('M4 0L16 0'), box);
  });

  it('knows colours with transparency, however they are written', () => {
    assert.deepEqual(paintOf('#abcd'), { color: '#abc', opacity: 13 / 15, definition: null });
    assert.deepEqual(paintOf('rgba(1,2,3,0)'), { color: 'none', opacity: 1, definition: null });
    assert.deepEqual(paintOf('navy'), { color: 'navy', opacity: 1, definition: null });
    assert.throws(() => paintOf({}));
  });

  it('reads fonts, and escapes attributes', () => {
    assert.deepEqual(fontAttributes('italic normal 10.5px/1.2 serif'), {
      'font-family': 'serif',
      'font-size': 10.5,
      'font-weight': undefined,
      'font-style': 'italic',
    });
    assert.equal(escapeXml('"><script>'), '&quot;&gt;&lt;script&gt;');
  });
});
