//! Lines and columns: cells of neighbouring lines are padded so that they stand below each other.
//!
//! A line is a run of cells. All but the last cell of a line belong to columns; a column is a block of neighbouring lines
//! that have a cell there. Leading tabs are (empty) cells, as in Go's tabwriter, whose results `cue fmt` shows. A break
//! between two lines ends all columns.

/// A finished line.
#[derive(Debug, Default, Clone)]
pub(crate) struct Line {
    pub(crate) tabs: usize,
    pub(crate) cells: Vec<String>,
    /// Columns do not reach over the end of this line.
    pub(crate) breaks: bool,
}

impl Line {
    fn columns(&self) -> usize {
        self.tabs + self.cells.len().saturating_sub(1)
    }

    fn cell_width(&self, column: usize) -> usize {
        match column.checked_sub(self.tabs) {
            Some(i) => self.cells.get(i).map_or(0, |c| c.chars().count()),
            None => 0,
        }
    }
}

/// The width that a column gets for its widest cell.
const PADDING: usize = 1;
const TAB: usize = 8;

/// Lays out lines as text.
pub(crate) fn lay_out(lines: &[Line]) -> String {
    let mut out = String::new();
    let mut rest = lines;
    while !rest.is_empty() {
        let end = rest.iter().position(|l| l.breaks).map_or(rest.len(), |p| p + 1);
        let (section, after) = rest.split_at(end);
        let mut widths: Vec<Vec<usize>> = section.iter().map(|l| vec![0; l.columns()]).collect();
        block(section, &mut widths, 0);
        for (line, widths) in section.iter().zip(&widths) {
            write(line, widths, &mut out);
        }
        rest = after;
    }
    out
}

/// Sets the widths of one column, then of the columns to its right, block by block. A work list instead of recursion.
fn block(lines: &[Line], widths: &mut [Vec<usize>], column: usize) {
    let mut work = vec![(0, lines.len(), column)];
    while let Some((from, to, column)) = work.pop() {
        let mut at = from;
        while at < to {
            let has = |i: usize| lines.get(i).is_some_and(|l| l.columns() > column);
            if !has(at) {
                at += 1;
                continue;
            }
            let start = at;
            let mut width = 0;
            while at < to && has(at) {
                width = width.max(lines.get(at).map_or(0, |l| l.cell_width(column)) + PADDING);
                at += 1;
            }
            // A column of nothing but empty cells that are not tabs takes no room.
            let empty = lines.iter().take(at).skip(start).all(|l| l.cell_width(column) == 0 && l.tabs <= column);
            for w in widths.iter_mut().take(at).skip(start) {
                if let Some(w) = w.get_mut(column) {
                    *w = if empty { 0 } else { width };
                }
            }
            work.push((start, at, column + 1));
        }
    }
}

fn write(line: &Line, widths: &[usize], out: &mut String) {
    let mut leading = true;
    for column in 0..line.columns() {
        let width = widths.get(column).copied().unwrap_or(0);
        let cell = column.checked_sub(line.tabs).and_then(|i| line.cells.get(i)).map_or("", String::as_str);
        if cell.is_empty() && leading {
            for _ in 0..width.div_ceil(TAB) {
                out.push('\t');
            }
            continue;
        }
        leading = false;
        out.push_str(cell);
        for _ in cell.chars().count()..width {
            out.push(' ');
        }
    }
    if let Some(last) = line.cells.last() {
        out.push_str(last);
    }
    out.push('\n');
}
