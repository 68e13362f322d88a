//! Operators and their precedence.

use crate::ast::{BinaryOp, UnaryOp};

pub(in crate::parser) fn binary(op: &str) -> Option<BinaryOp> {
    Some(match op {
        "|" => BinaryOp::Or,
        "&" => BinaryOp::And,
        "||" => BinaryOp::BoolOr,
        "&&" => BinaryOp::BoolAnd,
        "==" => BinaryOp::Equal,
        "!=" => BinaryOp::NotEqual,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessEqual,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::GreaterEqual,
        "=~" => BinaryOp::Match,
        "!~" => BinaryOp::NotMatch,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        "/" => BinaryOp::Divide,
        _ => return None,
    })
}

pub(in crate::parser) fn unary(op: &str) -> Option<UnaryOp> {
    Some(match op {
        "+" => UnaryOp::Plus,
        "-" => UnaryOp::Minus,
        "!" => UnaryOp::Not,
        "*" => UnaryOp::Default,
        "<" => UnaryOp::Less,
        "<=" => UnaryOp::LessEqual,
        ">" => UnaryOp::Greater,
        ">=" => UnaryOp::GreaterEqual,
        "!=" => UnaryOp::NotEqual,
        "==" => UnaryOp::Equal,
        "=~" => UnaryOp::Match,
        "!~" => UnaryOp::NotMatch,
        _ => return None,
    })
}

/// From 1 (loosest) to 7.
pub(in crate::parser) fn precedence(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::BoolOr => 3,
        BinaryOp::BoolAnd => 4,
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual
        | BinaryOp::Match
        | BinaryOp::NotMatch => 5,
        BinaryOp::Add | BinaryOp::Subtract => 6,
        BinaryOp::Multiply | BinaryOp::Divide => 7,
    }
}
