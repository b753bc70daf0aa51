#pragma once

namespace leat::runs_detail {

/// The style of a run's page: in light and dark, on a telephone and on paper.
inline constexpr const char* html_style = R"css(
:root{color-scheme:light dark;--page:#f6f5f1;--card:#fffefb;--text:#1d2430;--soft:#5a6372;--line:#e2e0d8;
--done:#2c7a68;--rejects:#96600a;--before:#47698a;--failed:#b83227;--waits:#666e7a;--cancelled:#6d5a9c;
--rows:#2f6690;--bytes:#8a5a83;--source:#3a7ca5;--target:#d17a22;--rest:#e6e3d9}
@media(prefers-color-scheme:dark){:root{--page:#14171c;--card:#1c2027;--text:#e7e6e1;--soft:#a0a8b5;--line:#323843;
--done:#4fb59d;--rejects:#e0a63f;--before:#86a9c9;--failed:#f0776b;--waits:#8b93a1;--cancelled:#a592d8;
--rows:#6aa7d6;--bytes:#c48dbb;--source:#62a9d3;--target:#eda24f;--rest:#333a46}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
main,header,footer{max-width:1040px;margin:0 auto;padding:0 16px}
header{padding-top:28px}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 6px;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:0 0 2px}
h3{font-size:1rem;margin:0 0 4px;overflow-wrap:anywhere}
p{margin:0 0 8px}
.about,.facts,footer{color:var(--soft)}
.about{font-size:.87rem;margin-bottom:10px}
.facts{overflow-wrap:anywhere}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px;margin:14px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:10px;margin:16px 0 0;padding:0}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 14px}
.tiles dt{color:var(--soft);font-size:.8rem}
.tiles dd{margin:0;font-size:1.28rem;font-weight:600;font-variant-numeric:tabular-nums}
.labels{list-style:none;display:flex;flex-wrap:wrap;gap:6px;padding:0;margin:8px 0 0}
.labels li{border:1px solid var(--line);border-radius:99px;padding:0 10px;font-size:.85rem;background:var(--card);overflow-wrap:anywhere}
.badge{display:inline-block;font-size:.8rem;font-weight:600;color:var(--ink)}
h1 .badge{font-size:.95rem;border:1.5px solid;border-radius:99px;padding:2px 12px;margin-left:6px;vertical-align:middle}
.done{--ink:var(--done)}.rejects{--ink:var(--rejects)}.before{--ink:var(--before)}.failed,.rolled{--ink:var(--failed)}
.waits{--ink:var(--waits)}.cancelled{--ink:var(--cancelled)}.rows{--ink:var(--rows)}.bytes{--ink:var(--bytes)}
.source{--ink:var(--source)}.target{--ink:var(--target)}.rest{--ink:var(--rest)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:600;text-align:left}
thead th{color:var(--soft);font-size:.8rem;font-weight:500;vertical-align:bottom}
tbody tr{border-top:1px solid var(--line)}
.chart{table-layout:fixed}
.chart th:first-child{width:24%}.chart th:last-child{width:19%}
.chart th,.chart td{padding:5px 8px 5px 0;vertical-align:middle}
.chart tbody th{overflow-wrap:anywhere;line-height:1.3}
.chart .value{font-size:.85rem;line-height:1.35;overflow-wrap:anywhere;padding-right:0}
.part th{font-weight:400;padding-left:14px}
.part .badge{font-weight:500}
svg.bar{display:block;overflow:visible}
svg.bar rect{stroke:var(--ink);stroke-width:1}
svg.bar rect.rest{stroke:none}
.defs{position:absolute}
.ink{fill:var(--ink)}.gap{fill:var(--card)}
.grid{stroke:var(--line);stroke-width:1}
.mark{fill:none;stroke:var(--ink);stroke-width:2}
.mark.waits{stroke-dasharray:2 2}
.tick{fill:var(--soft);font-size:11px}
.keys{display:block;margin-top:4px}
.key{white-space:nowrap;margin-right:12px}
.key svg{vertical-align:-1px;margin-right:5px}.key rect{stroke:var(--ink)}
.scroll{overflow-x:auto}
.scroll td,.scroll th{padding:5px 12px 5px 0;white-space:nowrap}
.scroll tbody th{white-space:normal;min-width:120px;overflow-wrap:anywhere}
.number{text-align:right}
.scroll thead th.number{text-align:right}
.zero{color:var(--soft)}
article{border-left:4px solid var(--failed);padding:2px 0 2px 12px;margin:12px 0}
article.cancelled{border-color:var(--cancelled)}
article p{overflow-wrap:anywhere}
article dl{display:grid;grid-template-columns:auto 1fr;gap:2px 12px;margin:6px 0 0;font-size:.92rem}
article dt{color:var(--soft)}article dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}
.hint{font-weight:600}
ul.remarks{margin:4px 0;padding-left:20px;overflow-wrap:anywhere}
details{border-top:1px solid var(--line);padding:8px 0}
summary{cursor:pointer;overflow-wrap:anywhere}
summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--rows);outline-offset:2px}
summary .soft,.soft{color:var(--soft);font-weight:400}
pre{background:var(--page);border:1px solid var(--line);border-radius:6px;padding:8px 10px;margin:4px 0 8px;font:.83rem/1.45 ui-monospace,"DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
h4{font-size:.87rem;margin:10px 0 2px;color:var(--soft);font-weight:500}
footer{font-size:.82rem;padding-bottom:28px}
@media(max-width:560px){body{font-size:14px}.odd{display:none}section{padding:12px}.chart th:first-child{width:29%}.chart th:last-child{width:29%}
.tiles{grid-template-columns:1fr 1fr}h1 .badge{margin-left:0}article dl{display:block}}
@media print{:root{--page:#fff;--card:#fff;--text:#000;--soft:#444;--line:#bbb;--done:#2c7a68;--rejects:#8f5a08;
--before:#4f6f8d;--failed:#a5281e;--waits:#666;--cancelled:#57468a;--rows:#2f6690;--bytes:#7a4b73;--source:#3a7ca5;--target:#b8641a;--rest:#ddd}
body{font-size:10pt}main,header,footer{max-width:none;padding:0}section{border:0;padding:6pt 0;margin:6pt 0}
tr,article,.tiles div{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible;font-size:8pt}
svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}
details::details-content{content-visibility:visible;block-size:auto}details>*{display:block}}
)css";

}  // namespace leat::runs_detail
