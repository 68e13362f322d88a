//! `lateen def test`: cases beside a definition.
