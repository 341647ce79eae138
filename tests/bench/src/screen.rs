//! What a display shows, looked at from outside of the programs that paint on it.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

use crate::Trouble;

/// Every fourth row is looked at: no line of text is lower than that, and a look takes a few
/// milliseconds less.
const ROW_STEP: u16 = 4;

/// A connection to an X server whose root window shows everything.
pub struct Screen {
    connection: RustConnection,
    root: Window,
    width: u16,
    height: u16,
}

/// The pixels of the rows that are looked at, four bytes each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Vec<u8>);

impl Screen {
    /// Connects to the display that `DISPLAY` names.
    pub fn open() -> Result<Self, Trouble> {
        let (connection, number) = RustConnection::connect(None)?;
        let screen = &connection.setup().roots[number];
        if screen.root_depth != 24 {
            return Err(format!("the display is {} bits deep, not 24", screen.root_depth).into());
        }
        let (root, width, height) = (screen.root, screen.width_in_pixels, screen.height_in_pixels);
        Ok(Self { connection, root, width, height })
    }

    /// What it shows right now.
    pub fn look(&self) -> Result<Frame, Trouble> {
        let mut rows = Vec::new();
        for y in (0..self.height).step_by(ROW_STEP.into()) {
            let y = i16::try_from(y)?;
            rows.push(self.connection.get_image(
                ImageFormat::Z_PIXMAP,
                self.root,
                0,
                y,
                self.width,
                1,
                u32::MAX,
            )?);
        }
        let mut pixels = Vec::with_capacity(rows.len() * usize::from(self.width) * 4);
        for row in rows {
            pixels.extend(row.reply()?.data);
        }
        Ok(Frame(pixels))
    }
}

impl Frame {
    /// Which part of the content of `whole` this frame shows already, from 0 to 1.
    ///
    /// Content is what stands out: the pixels that `before` did not have and that are not of the
    /// colour that most of the new ones have, the window's ground.
    pub fn share_of(&self, whole: &Self, before: &Self) -> f64 {
        let is_new = |(after, before): &([u8; 3], [u8; 3])| after != before;
        let new: Vec<[u8; 3]> =
            whole.pixels().zip(before.pixels()).filter(is_new).map(|(after, _)| after).collect();
        let Some(ground) = most_frequent(&new) else { return 0.0 };
        let (mut content, mut shown) = (0u32, 0u32);
        for ((after, before), now) in whole.pixels().zip(before.pixels()).zip(self.pixels()) {
            if after != before && after != ground {
                content += 1;
                shown += u32::from(now == after);
            }
        }
        if content == 0 { 0.0 } else { f64::from(shown) / f64::from(content) }
    }

    fn pixels(&self) -> impl Iterator<Item = [u8; 3]> {
        // The fourth byte is padding.
        self.0.as_chunks::<4>().0.iter().map(|[blue, green, red, _]| [*blue, *green, *red])
    }
}

fn most_frequent(colours: &[[u8; 3]]) -> Option<[u8; 3]> {
    let mut counts = std::collections::HashMap::<[u8; 3], usize>::new();
    for colour in colours {
        *counts.entry(*colour).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(colour, _)| colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(colours: &str) -> Frame {
        Frame(colours.bytes().flat_map(|colour| [colour, colour, colour, 0]).collect())
    }

    #[test]
    fn the_ground_of_a_window_is_not_its_content() {
        let (before, whole) = (frame("........"), frame("..wwwwtt"));
        assert_eq!(frame("..wwww..").share_of(&whole, &before), 0.0, "an empty window");
        assert_eq!(frame("..wwwwt.").share_of(&whole, &before), 0.5, "half of its text");
        assert_eq!(whole.share_of(&whole, &before), 1.0);
    }

    #[test]
    fn a_window_of_one_colour_shows_nothing() {
        let (before, whole) = (frame("...."), frame("wwww"));
        assert_eq!(whole.share_of(&whole, &before), 0.0, "there is nothing to wait for");
        assert_eq!(before.share_of(&before, &before), 0.0);
    }
}
