//! What cmd reads, and what the program behind a batch file is given.

/// The arguments of a line at the prompt that starts a batch file.
///
/// # Errors
/// Where cmd reads something else in it.
pub fn words(line: &str) -> Result<Vec<String>, String> {
    let line = first_line(line)?;
    // The batch file writes its arguments (`%*`) into a line in parentheses, and cmd reads them
    // there once more: what is in quotes stays in quotes.
    check_outside_quotes(&line)?;
    Ok(split(&line))
}

/// The value that this line gives to a variable: `set "name=value"`.
///
/// # Errors
/// Where it does something else.
pub fn variable(line: &str) -> Result<String, String> {
    let line = first_line(line)?;
    check_outside_quotes(&line)?;
    let text = line.strip_prefix("set \"").and_then(|rest| rest.strip_suffix('"'));
    let (_, value) = text.and_then(|text| text.split_once('=')).ok_or("nothing is set")?;
    Ok(value.to_owned())
}

/// A line ends at its end, whatever is in quotes, and names are filled in there too ("set",
/// "setlocal"): each is taken to have a value, and a sign alone goes, as in a batch file.
fn first_line(text: &str) -> Result<String, String> {
    let is_control = |letter: char| letter.is_control() && letter != '\t';
    if text.contains(is_control) {
        return Err(format!("the line ends early: {text:?}"));
    }
    Ok(['%', '!'].into_iter().fold(text.to_owned(), |line, sign| fill_in(&line, sign)))
}

fn fill_in(line: &str, sign: char) -> String {
    let mut filled = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(sign) {
        filled.push_str(before);
        rest = match after.split_once(sign) {
            Some((_, after)) => {
                filled.push_str("a value");
                after
            }
            None => after,
        };
    }
    filled + rest
}

/// "cmd": `( ) & | < > ^` mean something outside of quotes.
fn check_outside_quotes(line: &str) -> Result<(), String> {
    let mut pieces = line.split('"').enumerate().filter(|(at, _)| at % 2 == 0);
    match pieces.find(|(_, piece)| piece.contains(['(', ')', '&', '|', '<', '>', '^'])) {
        Some((_, piece)) => Err(format!("{piece} means something: {line}")),
        None => Ok(()),
    }
}

/// "Parsing C command-line arguments": backslashes stand for themselves but before a quote, where
/// two are one, and one that is left over makes the quote stand for itself.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted, mut begun) = (String::new(), false, false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let mut count = 1;
                while letters.next_if_eq(&'\\').is_some() {
                    count += 1;
                }
                let before_quote = letters.peek() == Some(&'"');
                let kept = if before_quote { count / 2 } else { count };
                word.extend(std::iter::repeat_n('\\', kept));
                if before_quote && count % 2 == 1 {
                    word.extend(letters.next());
                }
                begun = true;
            }
            '"' if quoted && letters.next_if_eq(&'"').is_some() => word.push('"'),
            '"' => (quoted, begun) = (!quoted, true),
            ' ' | '\t' if !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            other => {
                word.push(other);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}
