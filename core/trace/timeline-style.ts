/** How the timeline looks: light or dark as the reader's system is, and told apart without colours too. */
export const TIMELINE_STYLE = `
:root{color-scheme:light dark;--text:light-dark(#1f2328,#e6edf3);--muted:light-dark(#59636e,#9198a1);--page:light-dark(#fff,#0d1117);--raised:light-dark(#f6f8fa,#151b23);--line:light-dark(#d1d9e0,#3d444d);--work:light-dark(#0b6bcb,#4493f8);--wait:light-dark(#9a6700,#d29922);--path:light-dark(#8250df,#bc8cff)}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:76rem;margin:0 auto;padding:2rem 1.25rem 3rem}
h1{margin:0;font-size:1.5rem;font-weight:600;overflow-wrap:anywhere}
h2{margin:2rem 0 .75rem;font-size:1.1rem;font-weight:600}
p{margin:.35rem 0}
.verdict{font-weight:400;color:var(--muted)}
.facts,.legend{color:var(--muted);font-size:.85rem;overflow-wrap:anywhere}
.key{display:inline-block;width:1.1rem;height:.75rem;border-radius:2px;vertical-align:-1px;margin-left:.35rem}
.work{background:var(--work)}
.own{opacity:.5}
.wait{background:repeating-linear-gradient(135deg,var(--wait) 0 3px,transparent 3px 6px);box-shadow:inset 0 0 0 1px var(--wait)}
.key.path{background:none;border-left:3px solid var(--path);border-radius:0;width:.4rem}
.chart{border:1px solid var(--line);border-radius:8px;overflow:hidden}
.row{display:grid;grid-template-columns:minmax(9rem,16rem) 1fr;align-items:center;min-height:2rem;border-left:3px solid transparent}
.row+.row{border-top:1px solid var(--line)}
.row.critical{border-left-color:var(--path)}
.row:nth-child(even){background:var(--raised)}
.name{padding:.25rem .75rem;font-size:.9rem;overflow-wrap:anywhere}
.critical .name{font-weight:600}
.end{font-weight:400;color:var(--muted);font-size:.8rem}
.track{position:relative;height:1.1rem;margin:0 .75rem}
.bar{position:absolute;top:0;height:100%;min-width:2px;border-radius:2px}
.scale{min-height:1.75rem;color:var(--muted);font-size:.75rem}
.scale span{position:absolute;transform:translateX(-50%);white-space:nowrap}
.scale span:first-child{transform:none}
.scale span:last-child{transform:translateX(-100%)}
.scroll{overflow-x:auto}
.scroll:focus-visible{outline:2px solid var(--work);outline-offset:2px}
table{border-collapse:collapse;width:100%;min-width:40rem;font-size:.9rem}
th,td{padding:.4rem .75rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{color:var(--muted);font-weight:500;white-space:nowrap}
tbody th{font-weight:500;min-width:9rem;overflow-wrap:anywhere}
td:nth-child(n+2):nth-child(-n+4),thead th:nth-child(n+2):nth-child(-n+4){text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
tfoot th,tfoot td{border-bottom:0;font-weight:600}
@media (max-width:40rem){.row{grid-template-columns:1fr}.track{margin:0 .75rem .5rem}}
@media print{main{max-width:none;padding:0}.bar{print-color-adjust:exact}}
`;
