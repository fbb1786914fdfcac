/** Plots as SVG beside results.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as echarts from 'echarts';
import type { Chart, Shares, SuiteResult, Timeline } from './results';

const WIDTH = 760;
const HEIGHT = 420;
const ROW_PX = 26;
const AROUND_ROWS_PX = 110;

type Option = echarts.EChartsCoreOption;

export function writePlots(
  folder: string,
  { charts, timelines, shares }: Pick<SuiteResult, 'charts' | 'timelines' | 'shares'>,
): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, svg: string): void => writeFileSync(join(folder, `${name}.svg`), `${svg}\n`);
  for (const chart of charts) write(chart.name, svgOf(lineOption(chart)));
  for (const timeline of timelines)
    write(timeline.name, svgOf(timelineOption(timeline), rowsHeight(rowsOf(timeline).length)));
  for (const part of shares) write(part.name, svgOf(sharesOption(part), rowsHeight(part.shares.length)));
}

const rowsHeight = (rows: number): number => rows * ROW_PX + AROUND_ROWS_PX;

/** Drawn on the server's side: no browser, no canvas. */
function svgOf(option: Option, height = HEIGHT): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption({ animation: false, backgroundColor: '#ffffff', ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

const heading = (text: string): Option => ({ text, left: 'center', textStyle: { fontSize: 15 } });

function lineOption({ title, x, y, linear, lines }: Chart): Option {
  const type = linear === true ? 'value' : 'log';
  return {
    title: heading(title),
    legend: { bottom: 0 },
    grid: { left: 80, right: 30, top: 50, bottom: 80 },
    xAxis: { type, name: x, nameLocation: 'middle', nameGap: 28 },
    yAxis: { type, name: y, nameLocation: 'middle', nameGap: 58 },
    series: lines.map(({ name, points }) => ({ type: 'line', name, data: points, symbolSize: 7 })),
  };
}

function rowsOf({ spans }: Timeline): string[] {
  return [...new Set(spans.map(({ row }) => row))];
}

function timelineOption(timeline: Timeline): Option {
  const rows = rowsOf(timeline);
  const kinds = [...new Set(timeline.spans.map(({ kind }) => kind))];
  return {
    title: heading(timeline.title),
    legend: { bottom: 0 },
    grid: { left: 190, right: 30, top: 50, bottom: 60 },
    xAxis: { type: 'value', name: 'ms', nameLocation: 'end' },
    yAxis: { type: 'category', data: rows, inverse: true },
    series: kinds.map((name) => ({
      type: 'custom',
      name,
      encode: { x: [1, 2], y: 0 },
      data: timeline.spans
        .filter(({ kind }) => kind === name)
        .map(({ row, from, to }) => [rows.indexOf(row), from, to]),
      renderItem: drawSpan,
    })),
  };
}

function drawSpan(
  _params: echarts.CustomSeriesRenderItemParams,
  api: echarts.CustomSeriesRenderItemAPI,
): echarts.CustomSeriesRenderItemReturn {
  const [left = 0, middle = 0] = api.coord([api.value(1), api.value(0)]);
  const [right = 0] = api.coord([api.value(2), api.value(0)]);
  const height = ROW_PX * 0.6;
  return {
    type: 'rect',
    shape: { x: left, y: middle - height / 2, width: Math.max(1, right - left), height },
    style: { fill: api.visual('color') as string },
  };
}

function sharesOption({ title, shares }: Shares): Option {
  return {
    title: heading(title),
    grid: { left: 260, right: 60, top: 50, bottom: 30 },
    xAxis: { type: 'value', axisLabel: { formatter: '{value} %' } },
    yAxis: { type: 'category', inverse: true, data: shares.map(({ what }) => what) },
    series: [
      {
        type: 'bar',
        data: shares.map(({ percent }) => percent),
        label: { show: true, position: 'right', formatter: '{c} %' },
      },
    ],
  };
}
