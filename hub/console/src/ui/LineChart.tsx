/** Lines over time by ECharts, drawn on a canvas (the policy takes no inline styles), with the same numbers as a table. */
import { LineChart as Lines } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { tokensFor, type Mode } from '@voltdock/theme';
import { useEffect, useRef } from 'react';
import { useAround } from '../app/context';
import type { Formats } from '../lib/format';

echarts.use([Lines, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

interface LineChartProps {
  readonly label: string;
  readonly lines: readonly Line[];
  readonly unit: string;
  readonly from: number;
  readonly until: number;
  readonly format: (value: number) => string;
}

export function LineChart(props: LineChartProps) {
  const { f, mode } = useAround();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  useEffect(() => {
    if (place.current === null) return undefined;
    const made = echarts.init(place.current);
    chart.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(optionOf(props, f, mode), true);
  }, [props, f, mode]);
  return (
    <figure className="chart">
      <div ref={place} className="chart-place" aria-hidden="true" />
      <figcaption className="sr-only">
        <ChartTable {...props} />
      </figcaption>
    </figure>
  );
}

function ChartTable({ label, lines, format }: LineChartProps) {
  const { f } = useAround();
  const times = [...new Set(lines.flatMap((line) => line.points.map(([at]) => at)))].sort((a, b) => a - b);
  return (
    <table>
      <caption>{label}</caption>
      <thead>
        <tr>
          <th>{f.zone}</th>
          {lines.map((line) => (
            <th key={line.name}>{line.name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {times.map((at) => (
          <tr key={at}>
            <th>{f.when(at)}</th>
            {lines.map((line) => {
              const value = line.points.find((one) => one[0] === at)?.[1];
              return <td key={line.name}>{value === undefined ? '–' : format(value)}</td>;
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function optionOf({ lines, unit, from, until, format }: LineChartProps, f: Formats, mode: Mode) {
  const tokens = tokensFor(mode);
  const text = { color: tokens.muted, fontFamily: 'Inter Variable, sans-serif', fontSize: 12 };
  return {
    animation: false,
    color: [tokens.volt, tokens.sky, tokens.amber],
    grid: { left: 8, right: 12, top: 36, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 18, itemHeight: 8, textStyle: text, icon: 'roundRect' },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      backgroundColor: tokens.surface,
      borderColor: tokens.line,
      textStyle: { ...text, color: tokens.ink },
      valueFormatter: (value: unknown) => (typeof value === 'number' ? format(value) : '–'),
    },
    xAxis: {
      type: 'time',
      min: from,
      max: until,
      axisLabel: { ...text, formatter: (value: number) => f.time(value), hideOverlap: true },
      axisLine: { lineStyle: { color: tokens.line } },
      axisPointer: { label: { formatter: ({ value }: { value: number }) => f.when(value) } },
    },
    yAxis: {
      type: 'value',
      name: unit,
      nameTextStyle: { ...text, align: 'left' },
      nameGap: 14,
      axisLabel: { ...text, formatter: (value: number) => f.number(value / 1000, 1) },
      splitLine: { lineStyle: { color: tokens.line } },
    },
    series: lines.map((line) => ({
      name: line.name,
      type: 'line',
      showSymbol: line.points.length < 2,
      lineStyle: { width: 2 },
      areaStyle: { opacity: 0.08 },
      data: line.points.map(([at, value]) => [at, value]),
    })),
  };
}
