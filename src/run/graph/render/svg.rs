use std::fmt::Write;

use super::layout::layout;
use super::{Arrow, Graph, NodeBox, Plan, picture};
use crate::lang::schema::Outcome;

const HEIGHT: f64 = 46.0;
/// Mean width of a character of the two lines, in pixels.
const TITLE_CHAR: f64 = 8.0;
const SUBTITLE_CHAR: f64 = 6.4;

const STYLE: &str = "\
  text { font-family: system-ui, 'Helvetica Neue', Helvetica, Arial, sans-serif; text-anchor: middle; }
  .name { font-size: 14px; font-weight: 600; fill: #1b2733; }
  .kind { font-size: 11px; fill: #5b6b7a; }
  .box { fill: #ffffff; stroke: #7b8a99; stroke-width: 1.2; }
  .inline { stroke-dasharray: 4 3; fill: #f6f7f9; }
  .sink { fill: #eef3fb; stroke: #5a7fb8; }
  .stored { fill: #e9f5ec; stroke: #4d9a63; }
  .open { fill: #fdf3e0; stroke: #c98a1b; }
  .arrow { fill: none; stroke: #9aa7b4; stroke-width: 1.3; }
  .value { stroke-dasharray: 5 4; }
  .head { fill: #9aa7b4; }
";

/// A picture that needs no other program, from left to right. With a plan, what is stored is green and what
/// would run is amber.
pub fn svg(graph: &Graph<'_>, plan: Option<&Plan>) -> String {
    let picture = picture(graph, plan);
    let sizes: Vec<(f64, f64)> = picture
        .boxes
        .iter()
        .map(|node| (width(node), HEIGHT))
        .collect();
    let arrows: Vec<(usize, usize)> = picture
        .arrows
        .iter()
        .map(|(from, to, _)| (*from, *to))
        .collect();
    let layout = layout(&sizes, &arrows);
    let (width, height) = (layout.width, layout.height);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\">\n<style>\n{STYLE}</style>\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path class=\"head\" d=\"M0 0.5 L8 4 L0 7.5 z\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
    );
    for ((_, _, arrow), points) in picture.arrows.iter().zip(&layout.arrows) {
        let class = if *arrow == Arrow::Value {
            "arrow value"
        } else {
            "arrow"
        };
        let _ = writeln!(
            out,
            "<path class=\"{class}\" marker-end=\"url(#head)\" d=\"{}\"/>",
            curve(points)
        );
    }
    for ((node, (wide, high)), (left, top)) in picture.boxes.iter().zip(&sizes).zip(&layout.boxes) {
        let middle = left + wide / 2.0;
        let _ = writeln!(
            out,
            "<rect class=\"box{}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" rx=\"7\"/>\n\
             <text class=\"name\" x=\"{middle:.1}\" y=\"{:.1}\">{}</text>\n\
             <text class=\"kind\" x=\"{middle:.1}\" y=\"{:.1}\">{}</text>",
            class(node),
            top + 20.0,
            escape(&node.title()),
            top + 36.0,
            escape(&node.subtitle())
        );
    }
    out.push_str("</svg>\n");
    out
}

fn width(node: &NodeBox) -> f64 {
    let title = node.title().chars().count() as f64 * TITLE_CHAR;
    let subtitle = node.subtitle().chars().count() as f64 * SUBTITLE_CHAR;
    (title.max(subtitle) + 24.0).max(84.0)
}

fn class(node: &NodeBox) -> &'static str {
    match (node.outcome, node.stored) {
        (_, Some((stored, all))) if stored == all => " stored",
        (_, Some(_)) => " open",
        (Outcome::Inline, None) => " inline",
        (Outcome::Sink, None) => " sink",
        (Outcome::Artifact(_), None) => "",
    }
}

/// Level at every point, so that arrows leave and enter boxes at right angles.
fn curve(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        if at == 0 {
            let _ = write!(path, "M{x:.1} {y:.1}");
            continue;
        }
        let (before, level) = points[at - 1];
        if (level - y).abs() < 0.05 {
            let _ = write!(path, " L{x:.1} {y:.1}");
        } else {
            let middle = f64::midpoint(before, *x);
            let _ = write!(
                path,
                " C{middle:.1} {level:.1} {middle:.1} {y:.1} {x:.1} {y:.1}"
            );
        }
    }
    path
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
