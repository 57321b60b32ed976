//! A pool as a picture.
//!
//! *Purpose.* What is used, set aside, resting, left out and free, as text for a terminal and as SVG for a notebook.
//!
//! *Invariants.* Deterministic. The picture's size depends on its resolution, not on the number of blocks.
//!
//! *Non-goals.* Interaction.

use std::fmt::Write;

use super::AddressPool;
use super::free::FreeSet;
use super::snapshot::AllocationKind;
use crate::model::Cidr;

/// The text map has lines of so many cells.
const LINE_CELLS: u32 = 64;
/// A range is drawn as at most so many cells in text: 2 to the 8th.
const TEXT_DEPTH: u8 = 8;
/// And so many in SVG: 2 to the 12th, 64 by 64.
const SVG_DEPTH: u8 = 12;
/// Units an SVG range is wide and high.
const SVG_SIDE: u32 = 512;

/// What an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    Free,
    Allocated,
    Reserved,
    Quarantined,
    Excluded,
}

impl Look {
    const ALL: [Self; 5] = [Self::Free, Self::Allocated, Self::Reserved, Self::Quarantined, Self::Excluded];

    fn sign(self) -> char {
        match self {
            Self::Free => '.',
            Self::Allocated => '#',
            Self::Reserved => '+',
            Self::Quarantined => '~',
            Self::Excluded => 'x',
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Allocated => "allocated",
            Self::Reserved => "reserved",
            Self::Quarantined => "quarantined",
            Self::Excluded => "left out",
        }
    }

    /// Colours that stay apart for the colour-blind (Okabe and Ito 2008).
    fn colour(self) -> &'static str {
        match self {
            Self::Free => "#eef3f0",
            Self::Allocated => "#0072b2",
            Self::Reserved => "#e69f00",
            Self::Quarantined => "#cc79a7",
            Self::Excluded => "#8c8c8c",
        }
    }
}

/// A part of a range that looks the same all over.
struct Segment {
    block: Cidr,
    look: Look,
    label: String,
}

impl AddressPool {
    /// A map of every range, a cell for each 256th part (or each /28), with a legend and sums.
    ///
    /// `.` free, `#` allocated, `+` reserved or pinned, `~` in quarantine, `x` left out, `-` partly free.
    pub fn map_text(&self) -> String {
        let mut text = String::new();
        for range in self.all_ranges() {
            let segments = self.segments(range);
            let sums = sums(&segments);
            let _ = writeln!(text, "{range}  {} addresses", range.address_count());
            let depth = TEXT_DEPTH.min(28_u8.saturating_sub(range.prefix_len()));
            let len = range.prefix_len() + depth;
            let size = Cidr::at(0, len).address_count();
            for line in 0..(1_u32 << depth).div_ceil(LINE_CELLS) {
                let cells = (line * LINE_CELLS..((line + 1) * LINE_CELLS).min(1 << depth))
                    .map(|n| cell(range, len, n));
                let cells: Vec<Cidr> = cells.collect();
                let first = cells.first().map_or_else(String::new, |cell| cell.first().to_string());
                let signs: String = cells.iter().map(|cell| sign(&segments, *cell)).collect();
                let _ = writeln!(text, "{first:<15} {signs}");
            }
            let shares: Vec<String> = Look::ALL
                .iter()
                .zip(sums)
                .filter(|(_, sum)| *sum > 0)
                .map(|(look, sum)| format!("{} {} {sum}", look.sign(), look.name()))
                .collect();
            let _ = writeln!(text, "each sign {size} addresses: {}; - partly free", shares.join(", "));
        }
        text
    }

    /// The same as SVG: every range a square in which every block is a rectangle, halved by turns left and right, above and
    /// below. Pointing at a rectangle names its block and owner.
    pub fn map_svg(&self) -> String {
        let ranges = self.all_ranges();
        let (cell, columns) = (SVG_SIDE + 16, 2.min(ranges.len().max(1)));
        let columns_u32 = u32::try_from(columns).unwrap_or(1);
        let rows = u32::try_from(ranges.len().div_ceil(columns)).unwrap_or(1);
        let (width, height) = (cell * columns_u32 + 16, (cell + 24) * rows + 32);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>Address pool</title>\n"
        );
        for (n, look) in (0_u32..).zip(Look::ALL) {
            let x = 16 + n * 100;
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"8\" width=\"12\" height=\"12\" fill=\"{}\" stroke=\"#999\"/><text x=\"{}\" y=\"18\">{}</text>",
                look.colour(),
                x + 16,
                look.name()
            );
        }
        for (n, range) in (0_u32..).zip(ranges) {
            let (left, top) = (16 + n % columns_u32 * cell, 52 + n / columns_u32 * (cell + 24));
            let _ = writeln!(svg, "<text x=\"{left}\" y=\"{}\">{range}</text>", top - 6);
            let _ = writeln!(
                svg,
                "<g transform=\"translate({left},{top})\" stroke=\"#fff\" stroke-width=\"0.5\">"
            );
            draw(&mut svg, &self.segments(range), range, range);
            svg.push_str("</g>\n");
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// The pool's ranges and those sub-pools brought along.
    fn all_ranges(&self) -> Vec<Cidr> {
        let mut ranges: Vec<Cidr> =
            self.state.spaces.values().flat_map(|space| space.own.iter().copied()).collect();
        ranges.sort_unstable();
        ranges
    }

    /// The range cut into parts that look the same, in the order of addresses.
    fn segments(&self, range: Cidr) -> Vec<Segment> {
        let mut rest: FreeSet = [range].into_iter().collect();
        let mut segments = Vec::new();
        let mut paint = |block: Cidr, look: Look, label: &str| {
            for block in rest.take_within(block) {
                segments.push(Segment { block, look, label: label.to_owned() });
            }
        };
        let snapshot = self.snapshot();
        for allocation in &snapshot.allocations {
            let look =
                if allocation.kind == AllocationKind::Allocated { Look::Allocated } else { Look::Reserved };
            paint(allocation.cidr, look, &allocation.owner);
        }
        for resting in &snapshot.quarantined {
            paint(resting.cidr, Look::Quarantined, &format!("until serial {}", resting.until));
        }
        for block in self.free() {
            paint(block, Look::Free, "");
        }
        for exclusion in &snapshot.exclusions {
            paint(exclusion.cidr, Look::Excluded, &exclusion.reason);
        }
        segments.sort_by_key(|segment| segment.block);
        segments
    }
}

fn cell(range: Cidr, len: u8, n: u32) -> Cidr {
    let shift = 32 - u32::from(len);
    Cidr::at(range.start() + n.checked_shl(shift).unwrap_or(0), len)
}

/// The segments that share addresses with `block`.
fn over(segments: &[Segment], block: Cidr) -> &[Segment] {
    let from = segments.partition_point(|segment| segment.block.end() < block.start());
    let to = segments.partition_point(|segment| segment.block.start() <= block.end());
    &segments[from..to]
}

fn sums(segments: &[Segment]) -> [u64; 5] {
    let of = |look: Look| segments.iter().filter(|s| s.look == look).map(|s| s.block.address_count()).sum();
    Look::ALL.map(of)
}

/// The sign of a cell: what it is all over; partly free; or, of several uses, the first in the legend.
fn sign(segments: &[Segment], cell: Cidr) -> char {
    let over = over(segments, cell);
    let mut looks: Vec<Look> = over.iter().map(|segment| segment.look).collect();
    looks.sort_unstable();
    looks.dedup();
    match looks.as_slice() {
        [] => ' ',
        [look] => look.sign(),
        [Look::Free, ..] => '-',
        [look, ..] => look.sign(),
    }
}

fn draw(svg: &mut String, segments: &[Segment], range: Cidr, block: Cidr) {
    let over = over(segments, block);
    let depth = block.prefix_len() - range.prefix_len();
    let whole = matches!(over, [one] if one.block.contains(&block));
    if !whole && depth < SVG_DEPTH && block.prefix_len() < 32 {
        for half in [cell(block, block.prefix_len() + 1, 0), cell(block, block.prefix_len() + 1, 1)] {
            draw(svg, over, range, half);
        }
        return;
    }
    let Some(first) = over.first() else { return };
    let (mut x, mut y, mut width, mut height) = (0, 0, SVG_SIDE, SVG_SIDE);
    for bit in 0..depth {
        let upper = block.start() & (1 << (31 - u32::from(range.prefix_len() + bit))) != 0;
        if bit % 2 == 0 {
            width /= 2;
            x += if upper { width } else { 0 };
        } else {
            height /= 2;
            y += if upper { height } else { 0 };
        }
    }
    // A cell too small to divide shows what is used in it, if anything is.
    let shown = over.iter().find(|segment| segment.look != Look::Free).unwrap_or(first);
    let title = match (whole, shown.label.as_str()) {
        (true, "") => format!("{} {}", shown.block, shown.look.name()),
        (true, label) => format!("{} {}: {label}", shown.block, shown.look.name()),
        (false, _) => format!("{block}: {} blocks", over.len()),
    };
    let _ = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{}\"><title>{}</title></rect>",
        shown.look.colour(),
        escape(&title)
    );
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PoolStrategy;
    use crate::net::{BlockRequest, PoolSettings};

    fn b(text: &str) -> Cidr {
        Cidr::parse(text).unwrap()
    }

    fn pool() -> AddressPool {
        let settings = PoolSettings { quarantine: 5, ..PoolSettings::new(PoolStrategy::Unique) };
        let mut pool = AddressPool::new(&[b("10.0.0.0/22")], settings).unwrap();
        for (len, owner) in [(24, "a"), (25, "b<&>"), (28, "c"), (26, "gone")] {
            pool.allocate(&BlockRequest::new(len, owner)).unwrap();
        }
        pool.release("gone").unwrap();
        pool.reserve(b("10.0.2.128/25"), "r").unwrap();
        pool.exclude(b("10.0.3.0/25"), "kept for tests").unwrap();
        pool.pin(b("10.0.3.248/29"), "p").unwrap();
        pool
    }

    #[test]
    fn text_shows_every_use_and_adds_up() {
        let text = pool().map_text();
        assert_eq!(
            text,
            "10.0.0.0/22  1024 addresses\n\
             10.0.0.0        #########################...~~~~........++++++++xxxxxxxx.......-\n\
             each sign 16 addresses: . free 296, # allocated 400, + reserved 136, ~ quarantined 64, x left out 128; \
             - partly free\n"
        );
        let signs = text.lines().nth(1).unwrap().split_whitespace().nth(1).unwrap();
        assert_eq!(signs.chars().count(), 64);
    }

    #[test]
    fn svg_covers_the_square_once() {
        let svg = pool().map_svg();
        let number = |rect: &str, name: &str| -> u32 {
            rect.split_once(&format!(" {name}=\"")).unwrap().1.split_once('"').unwrap().0.parse().unwrap()
        };
        let rects: Vec<&str> =
            svg.lines().filter(|line| line.starts_with("<rect") && line.contains("<title>")).collect();
        let area: u32 = rects.iter().map(|rect| number(rect, "width") * number(rect, "height")).sum();
        assert_eq!(area, SVG_SIDE * SVG_SIDE);
        assert!(svg.contains("<title>10.0.1.0/25 allocated: b&lt;&amp;&gt;</title>"));
        assert!(rects.len() < 20);
    }

    #[test]
    fn the_picture_stays_small_however_many_blocks_there_are() {
        let mut pool =
            AddressPool::new(&[b("10.0.0.0/14")], PoolSettings::new(PoolStrategy::Unique)).unwrap();
        for n in 0..6_000 {
            pool.allocate(&BlockRequest::new(28, &format!("o{n}"))).unwrap();
            if n % 2 == 0 {
                pool.release(&format!("o{n}")).unwrap();
                pool.reserve(Cidr::at(b("10.2.0.0/16").start() + n * 16, 28), &format!("r{n}")).unwrap();
            }
        }
        assert!(pool.map_svg().lines().count() < 4_200);
        assert_eq!(pool.map_text().lines().count(), 6);
    }
}
