//! Values as people write them (`open`, `on`, `230.5`, `0x1F`) to raw register values and back. Decimal fractions are
//! handled as digits, never as floating point, so that what was typed is exactly what is served.

use super::signal::{Coding, Signal};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("`{text}` is none of: {known}")]
    NotAChoice { text: String, known: String },
    #[error("`{text}` is neither `on` nor `off`")]
    NotASwitch { text: String },
    #[error("`{text}` is no number")]
    NotANumber { text: String },
    #[error("`{text}` is finer than one step of the register, which is {step}")]
    TooFine { text: String, step: String },
    #[error("`{text}` is outside {low} to {high}")]
    Outside { text: String, low: String, high: String },
}

/// The raw value of `text` for `signal`.
pub fn parse(signal: &Signal, text: &str) -> Result<i64, ValueError> {
    let text = text.trim();
    match signal.coding {
        Coding::Choice(names) => choice(names, text),
        Coding::Bit(_) | Coding::Flag => switch(text).map(i64::from),
        Coding::U16 | Coding::I16 | Coding::U32 => number(signal, text),
    }
}

/// `raw` as a person reads it, with the unit.
pub fn display(signal: &Signal, raw: i64) -> String {
    match signal.coding {
        Coding::Choice(names) => match usize::try_from(raw).ok().and_then(|at| names.get(at)) {
            Some(name) => (*name).to_owned(),
            None => format!("{raw} (no such choice)"),
        },
        Coding::Bit(_) | Coding::Flag => if raw == 0 { "off" } else { "on" }.to_owned(),
        _ if signal.unit.is_empty() => scaled(raw, signal.exponent),
        _ => format!("{} {}", scaled(raw, signal.exponent), signal.unit),
    }
}

/// `on` and `off`, with the usual other spellings.
pub fn switch(text: &str) -> Result<bool, ValueError> {
    match text {
        "on" | "true" | "1" | "yes" => Ok(true),
        "off" | "false" | "0" | "no" => Ok(false),
        _ => Err(ValueError::NotASwitch { text: text.into() }),
    }
}

fn choice(names: &[&str], text: &str) -> Result<i64, ValueError> {
    let by_name = names.iter().position(|name| *name == text || name.replace('_', "-") == text);
    let by_number = || text.parse::<usize>().ok().filter(|number| *number < names.len());
    match by_name.or_else(by_number) {
        // A list of choices has a handful of names.
        Some(at) => Ok(at as i64),
        None => Err(ValueError::NotAChoice { text: text.into(), known: names.join(", ") }),
    }
}

fn number(signal: &Signal, text: &str) -> Result<i64, ValueError> {
    let raw = match text.strip_prefix("0x") {
        Some(hex) if signal.exponent == 0 => {
            i64::from_str_radix(hex, 16).map_err(|_| ValueError::NotANumber { text: text.into() })?
        }
        _ => decimal(text, signal.exponent)?,
    };
    if raw < signal.low || raw > signal.high {
        return Err(ValueError::Outside {
            text: text.into(),
            low: scaled(signal.low, signal.exponent),
            high: display(signal, signal.high),
        });
    }
    Ok(raw)
}

/// Digits with at most one point, in steps of `10^exponent`.
fn decimal(text: &str, exponent: i8) -> Result<i64, ValueError> {
    let no_number = || ValueError::NotANumber { text: text.into() };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    // Twelve digits are more than any 32-bit value has, and cannot overflow below.
    if whole.is_empty() || whole.len() + fraction.len() > 12 || !all_digits(whole) || !all_digits(fraction) {
        return Err(no_number());
    }
    let fraction = fraction.trim_end_matches('0');
    let mantissa: i64 = format!("{whole}{fraction}").parse().map_err(|_| no_number())?;
    // The value is mantissa * 10^-len(fraction); one raw step is 10^exponent.
    let shift = -(fraction.len() as i32) - i32::from(exponent);
    let power = 10_i64.pow(shift.unsigned_abs());
    let raw = if shift >= 0 { mantissa.saturating_mul(power) } else { mantissa / power };
    if shift < 0 && mantissa % power != 0 {
        return Err(ValueError::TooFine { text: text.into(), step: scaled(1, exponent) });
    }
    Ok(if negative { -raw } else { raw })
}

fn scaled(raw: i64, exponent: i8) -> String {
    let power = 10_i64.pow(u32::from(exponent.unsigned_abs()));
    if exponent >= 0 {
        return (raw * power).to_string();
    }
    let sign = if raw < 0 { "-" } else { "" };
    let (whole, fraction) = (raw.abs() / power, raw.abs() % power);
    format!("{sign}{whole}.{fraction:0width$}", width = usize::from(exponent.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_what_is_served() {
        let volts = Signal::u16("mains_v", 12).scaled(-1, "V");
        let amperes = Signal::i16("battery_i", 14).scaled(-2, "A");
        let ohms = Signal::u16("loop", 48).scaled(1, "Ω");
        for (signal, text, raw, shown) in [
            (volts, "230.5", 2305, "230.5 V"),
            (volts, "230", 2300, "230.0 V"),
            (volts, "0.50", 5, "0.5 V"),
            (amperes, "-0.85", -85, "-0.85 A"),
            (ohms, "1500", 150, "1500 Ω"),
            (Signal::u32("hash", 1), "0xCAFEF00D", 0xCAFE_F00D, "3405705229"),
            (Signal::choice("contact", 8, &["closed", "open"]), "open", 1, "open"),
            (Signal::choice("contact", 8, &["closed", "open"]), "1", 1, "open"),
            (Signal::bit("rex", 10, 1), "on", 1, "on"),
        ] {
            assert_eq!(parse(&signal, text).unwrap(), raw, "{text}");
            assert_eq!(display(&signal, raw), shown);
        }
    }

    #[test]
    fn wrong_values_say_what_would_be_right() {
        let volts = Signal::u16("mains_v", 12).scaled(-1, "V");
        let said = |signal: Signal, text: &str| parse(&signal, text).unwrap_err().to_string();
        assert_eq!(said(volts, "230.55"), "`230.55` is finer than one step of the register, which is 0.1");
        assert_eq!(said(volts, "7000"), "`7000` is outside 0.0 to 6553.5 V");
        assert_eq!(said(volts, "-1"), "`-1` is outside 0.0 to 6553.5 V");
        assert_eq!(said(volts, "much"), "`much` is no number");
        assert_eq!(said(volts, ""), "`` is no number");
        assert_eq!(said(volts, "99999999999999999999"), "`99999999999999999999` is no number");
        assert_eq!(
            said(Signal::u16("loop", 1).scaled(1, "Ω"), "15"),
            "`15` is finer than one step of the register, which is 10"
        );
        assert_eq!(said(Signal::choice("c", 1, &["closed", "open"]), "2"), "`2` is none of: closed, open");
        assert_eq!(said(Signal::bit("rex", 10, 1), "maybe"), "`maybe` is neither `on` nor `off`");
    }
}
