//! `text/tabwriter`: columns.

use crate::builtin::args::{Outcome, kind_name};
use crate::builtin::{Args, Fault, Package, builtins};
use crate::data::DataValue;

pub(in crate::builtin) const PACKAGE: Package = Package { path: "text/tabwriter", functions: &[ALL], cue: None };

builtins! { "text/tabwriter";
    /// `Write(data)` is text in which cells that end in a tab are filled up with spaces, so that they stand in columns. A list is taken as
    /// lines. A column ends where a line has no cell for it.
    pure Write(data: TOP) = write;
}

fn write(args: Args<'_>) -> Outcome<String> {
    let text = match &args.data(0)?.value {
        DataValue::String(s) => s.to_string(),
        DataValue::Bytes(b) => String::from_utf8_lossy(b).into_owned(),
        DataValue::List(_) => args.strings(0)?.iter().flat_map(|line| [*line, "\n"]).collect(),
        other => return Fault::error(format!("tabwriter.Write: unsupported type {}", kind_name(other))),
    };
    let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|cells| vec![0; cells.len().saturating_sub(1)]).collect();
    let columns = widths.iter().map(Vec::len).max().unwrap_or(0);
    for column in 0..columns {
        let mut start = 0;
        while start < lines.len() {
            // The last cell of a line belongs to no column.
            let length = lines.iter().skip(start).take_while(|cells| cells.len() > column + 1).count();
            let block = || lines.iter().skip(start).take(length);
            let widest = block().filter_map(|cells| cells.get(column)).map(|cell| cell.chars().count()).max();
            for line in widths.iter_mut().skip(start).take(length) {
                if let (Some(width), Some(widest)) = (line.get_mut(column), widest) {
                    *width = widest + 1;
                }
            }
            start += length + 1;
        }
    }
    let mut out = String::with_capacity(text.len() * 2);
    for (i, (cells, widths)) in lines.iter().zip(&widths).enumerate() {
        if i > 0 {
            out.push('\n');
        }
        for (j, cell) in cells.iter().enumerate() {
            out.push_str(cell);
            if let Some(width) = widths.get(j) {
                out.extend(std::iter::repeat_n(' ', width - cell.chars().count()));
            }
        }
    }
    Ok(out)
}
