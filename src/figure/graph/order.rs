//! Ranks of items and their order from left to right within a rank.
//!
//! An item stands one rank below the lowest that feeds it; a link over several ranks has a lane in
//! each rank between, so that nothing else stands in its way. After Sugiyama et al. (1981).

use super::layered::{Item, Kind, Link};

/// Tries to reduce crossings.
const SWEEPS: usize = 6;

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Item(usize),
    /// A link passes by.
    Lane(usize),
}

/// A place in a rank.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slot {
    pub(super) what: What,
    pub(super) rank: usize,
    /// Room left and right of the place's middle line, in points.
    pub(super) left: f64,
    pub(super) right: f64,
}

/// The part of a link between a rank and the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) link: usize,
    /// Slots.
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Items and lanes in their ranks.
#[derive(Debug, Clone, Default)]
pub(super) struct Grid {
    pub(super) slots: Vec<Slot>,
    /// Slots of each rank, from left to right.
    pub(super) ranks: Vec<Vec<usize>>,
    /// Segments below each rank.
    pub(super) segments: Vec<Vec<Segment>>,
    /// Links that go past other items on the same way, such as a residual shortcut.
    pub(super) skips: Vec<bool>,
    /// Rank of each item.
    pub(super) rank: Vec<usize>,
}

impl Grid {
    /// Puts items and lanes into ranks.
    pub(super) fn of(items: &[Item], links: &[Link]) -> Self {
        let rank = ranks(items, links);
        let skips = skips(&rank, links);
        let count = rank.iter().max().map_or(0, |last| last + 1);
        let mut grid = Self {
            ranks: vec![Vec::new(); count],
            segments: vec![Vec::new(); count],
            skips,
            rank,
            slots: Vec::new(),
        };
        for (index, item) in items.iter().enumerate() {
            grid.add(What::Item(index), grid.rank[index], item.left, item.right);
        }
        for (index, link) in links.iter().enumerate() {
            grid.add_link(index, link);
        }
        let keys: Vec<[usize; 3]> = grid.slots.iter().map(|s| grid.key(s, items, links)).collect();
        grid.ranks.iter_mut().for_each(|slots| slots.sort_by_key(|&slot| keys[slot]));
        grid.uncross();
        grid
    }

    fn add(&mut self, what: What, rank: usize, left: f64, right: f64) -> usize {
        self.slots.push(Slot { what, rank, left, right });
        self.ranks[rank].push(self.slots.len() - 1);
        self.slots.len() - 1
    }

    fn add_link(&mut self, index: usize, link: &Link) {
        let (first, last) = (self.rank[link.from], self.rank[link.to]);
        let mut from = link.from;
        for rank in first + 1..=last {
            let half = super::layered::LANE / 2.0;
            let to =
                if rank == last { link.to } else { self.add(What::Lane(index), rank, half, half) };
            self.segments[rank - 1].push(Segment { link: index, from, to });
            from = to;
        }
    }

    /// Items in the order of the network, those that only training needs to the right of the
    /// others, shortcuts outside on the right, long ones further out.
    fn key(&self, slot: &Slot, items: &[Item], links: &[Link]) -> [usize; 3] {
        match slot.what {
            What::Item(index) => [usize::from(items[index].weak), items[index].order, 0],
            What::Lane(index) => {
                let link = &links[index];
                let order = items[link.from].order;
                if self.skips[index] {
                    [2, self.rank[link.to] - self.rank[link.from], order]
                } else {
                    [usize::from(items[link.to].weak), order, 1]
                }
            }
        }
    }

    /// Reorders by the mean place of the neighbours where that takes crossings away.
    fn uncross(&mut self) {
        let mut fewest = self.crossings();
        let mut best = self.ranks.clone();
        for sweep in 0..SWEEPS {
            if fewest == 0 {
                break;
            }
            self.sweep(sweep % 2 == 0);
            let crossings = self.crossings();
            if crossings < fewest {
                fewest = crossings;
                best.clone_from(&self.ranks);
            }
        }
        self.ranks = best;
    }

    fn sweep(&mut self, down: bool) {
        let count = self.ranks.len();
        for step in 1..count {
            let rank = if down { step } else { count - 1 - step };
            let place = self.places();
            let segments = &self.segments[if down { rank - 1 } else { rank }];
            let mean = |slot: usize| {
                let near =
                    segments.iter().filter_map(|s| match (down, s.from == slot, s.to == slot) {
                        (true, _, true) => Some(place[s.from]),
                        (false, true, _) => Some(place[s.to]),
                        _ => None,
                    });
                let (sum, n) = near.fold((0, 0), |(sum, n), place| (sum + place, n + 1));
                if n == 0 { place[slot] as f64 } else { sum as f64 / f64::from(n) }
            };
            let skip = |slot: usize| match self.slots[slot].what {
                What::Lane(link) => self.skips[link],
                What::Item(_) => false,
            };
            let mut slots = self.ranks[rank].clone();
            slots.sort_by(|&a, &b| skip(a).cmp(&skip(b)).then(mean(a).total_cmp(&mean(b))));
            self.ranks[rank] = slots;
        }
    }

    /// Place of each slot within its rank, from 0.
    pub(super) fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.slots.len()];
        for slots in &self.ranks {
            slots.iter().enumerate().for_each(|(place, &slot)| places[slot] = place);
        }
        places
    }

    fn crossings(&self) -> usize {
        let place = self.places();
        let mut count = 0;
        for segments in &self.segments {
            for (index, a) in segments.iter().enumerate() {
                let crossed = segments[index + 1..].iter().filter(|b| {
                    let (from, to) =
                        (place[a.from].cmp(&place[b.from]), place[a.to].cmp(&place[b.to]));
                    from.reverse() == to && from.is_ne()
                });
                count += crossed.count();
            }
        }
        count
    }
}

/// The longest way to each item; what leaves the frame stands in the last rank.
fn ranks(items: &[Item], links: &[Link]) -> Vec<usize> {
    let mut rank = vec![0; items.len()];
    let mut waiting = vec![0_usize; items.len()];
    for link in links {
        waiting[link.to] += 1;
    }
    let mut ready: Vec<usize> = (0..items.len()).filter(|&item| waiting[item] == 0).collect();
    while let Some(from) = ready.pop() {
        for link in links.iter().filter(|link| link.from == from) {
            rank[link.to] = rank[link.to].max(rank[from] + 1);
            waiting[link.to] -= 1;
            if waiting[link.to] == 0 {
                ready.push(link.to);
            }
        }
    }
    let last = rank.iter().copied().max().unwrap_or(0);
    for (item, rank) in items.iter().zip(&mut rank) {
        if item.kind == Kind::Exit {
            *rank = last;
        }
    }
    rank
}

/// Which links join two items that another way joins too.
fn skips(rank: &[usize], links: &[Link]) -> Vec<bool> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); rank.len()];
    for link in links {
        next[link.from].push(link.to);
    }
    let by_another_way = |link: &Link| {
        let mut seen = vec![false; rank.len()];
        let mut open: Vec<usize> =
            next[link.from].iter().copied().filter(|&to| to != link.to).collect();
        while let Some(item) = open.pop() {
            if item == link.to {
                return true;
            }
            if !std::mem::replace(&mut seen[item], true) && rank[item] < rank[link.to] {
                open.extend(&next[item]);
            }
        }
        false
    };
    let long = |link: &Link| rank[link.to] > rank[link.from] + 1;
    links.iter().map(|link| long(link) && by_another_way(link)).collect()
}
