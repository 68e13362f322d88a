//! Tables as kubectl prints them: upper-case headers, columns by width, no lines, nothing wrapped.

use std::fmt::Write as _;

/// Rows under headers; an empty cell is left empty. Trailing blanks are cut.
pub(crate) fn draw(headers: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(headers.get(column).map(|h| h.len())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headers.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut row = String::new();
        for (cell, width) in cells.zip(&widths) {
            let _ = write!(row, "{cell:width$}   ");
        }
        let _ = writeln!(text, "{}", row.trim_end());
    };
    line(&mut headers.iter().copied());
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_take_the_width_of_their_widest_cell() {
        let rows = [vec!["a".into(), "x".into()], vec!["longer".into(), String::new()]];
        assert_eq!(draw(&["NAME", "KIND"], &rows), "NAME     KIND\na        x\nlonger\n");
    }
}
