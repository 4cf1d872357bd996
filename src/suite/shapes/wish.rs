//! Generation prompts: what they need, how they say it, and one picture that
//! meets them. Many pictures do: places and often colours are free.

use super::board::{Board, Cell, Colour, Object, SIDE, Shape};
use super::dice::Dice;
use super::naming::number;
use super::needs::{in_zone, meets};
use super::target::{Class, Need, Side, Zone};

/// Most objects of a generated picture.
const MOST: usize = 7;
/// Throws of places before a prompt is given up.
const THROWS: usize = 40;

/// A prompt with its needs and an example.
pub struct Wish {
    /// What is asked, a whole sentence.
    pub instruction: String,
    /// What the picture must meet.
    pub needs: Vec<Need>,
    /// One picture that does.
    pub example: Board,
}

/// Where the objects of a group may lie in the example.
#[derive(Clone, Copy)]
enum Spot {
    Anywhere,
    OneRow,
    OneColumn,
    In(Zone),
    BesideSome,
}

type Group = (Vec<Object>, Spot);
/// Words, needs, and what the example is made of.
type Draft = (String, Vec<Need>, Vec<Group>);

/// A random prompt.
pub fn wish(dice: &mut Dice) -> Option<Wish> {
    const FAMILIES: [fn(&mut Dice) -> Option<Draft>; 6] =
        [counts, chain, line, balance, colours, zones];
    let (words, needs, groups) = dice.pick(&FAMILIES)?(dice)?;
    let objects: usize = groups.iter().map(|(objects, _)| objects.len()).sum();
    (objects <= MOST).then_some(())?;
    let example = (0..THROWS)
        .filter_map(|_| throw(dice, &groups))
        .find(|board| needs.iter().all(|need| meets(board, need)))?;
    let opening = dice.pick(&["Draw ", "Make a picture of ", "Show ", "Paint "])?;
    Some(Wish {
        instruction: format!("{opening}{words}."),
        needs,
        example,
    })
}

fn object(dice: &mut Dice) -> Option<Object> {
    Some(Object {
        colour: dice.pick(&Colour::ALL)?,
        shape: dice.pick(&Shape::ALL)?,
    })
}

/// Different objects.
fn objects(dice: &mut Dice, count: usize) -> Vec<Object> {
    let all: Vec<Object> = Object::all().collect();
    dice.some(&all, count)
}

/// `three red circles`, `one blue star`.
fn counted(count: usize, class: Class) -> String {
    match count {
        1 => format!("one {class}"),
        count => format!("{} {}", number(count), class.plural()),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn count(of: impl Into<Class>, is: usize) -> Need {
    Need::Count {
        of: of.into(),
        is: is as u8,
    }
}

fn only(of: impl IntoIterator<Item = impl Into<Class>>) -> Need {
    Need::Only {
        of: of.into_iter().map(Into::into).collect(),
    }
}

fn counts(dice: &mut Dice) -> Option<Draft> {
    let kinds = 2 + dice.below(2);
    let groups: Vec<Group> = objects(dice, kinds)
        .into_iter()
        .map(|object| (vec![object; 1 + dice.below(3)], Spot::Anywhere))
        .collect();
    let firsts = || {
        groups
            .iter()
            .filter_map(|(objects, _)| Some((*objects.first()?, objects.len())))
    };
    let words: Vec<String> = firsts()
        .map(|(object, n)| counted(n, object.into()))
        .collect();
    let mut needs: Vec<Need> = firsts().map(|(object, n)| count(object, n)).collect();
    needs.push(only(firsts().map(|(object, _)| object)));
    Some((list(&words), needs, groups))
}

fn chain(dice: &mut Dice) -> Option<Draft> {
    let three = objects(dice, 3);
    let &[a, b, c] = three.as_slice() else {
        return None;
    };
    let (near, far) = (dice.pick(&Side::ALL)?, dice.pick(&Side::ALL)?);
    let anchor = if dice.chance(50) { a } else { b };
    let place = |of: Object, side, than: Object| Need::Place {
        of: of.into(),
        side,
        than: than.into(),
    };
    let mut needs: Vec<Need> = three.iter().map(|&object| count(object, 1)).collect();
    needs.push(place(a, near, b));
    needs.push(place(c, far, anchor));
    needs.push(only(three.iter().copied()));
    let (near, far) = (near.words(), far.words());
    let words = dice.pick(&[
        format!("a {a} {near} a {b} and a {c} {far} the {anchor}"),
        format!("a {a}, a {b} and a {c}, the {a} {near} the {b} and the {c} {far} the {anchor}"),
    ])?;
    let spot = |near_some: bool| {
        if near_some {
            Spot::BesideSome
        } else {
            Spot::Anywhere
        }
    };
    let groups = vec![
        (vec![b], Spot::Anywhere),
        (vec![a], spot(near == Side::Beside.words())),
        (vec![c], spot(far == Side::Beside.words())),
    ];
    Some((words, needs, groups))
}

fn line(dice: &mut Dice) -> Option<Draft> {
    let two = objects(dice, 2);
    let &[many, one] = two.as_slice() else {
        return None;
    };
    let length = 2 + dice.below(3);
    let (of, in_row) = (Class::from(many), dice.chance(50));
    let (line, sides, spot, need) = if in_row {
        let sides = [Side::Above, Side::Below];
        ("row", sides, Spot::OneRow, Need::OneRow { of })
    } else {
        let sides = [Side::LeftOf, Side::RightOf];
        ("column", sides, Spot::OneColumn, Need::OneColumn { of })
    };
    let side = dice.pick(&sides)?;
    let place = Need::Place {
        of: one.into(),
        side,
        than: of,
    };
    let needs = vec![
        count(many, length),
        count(one, 1),
        need,
        place,
        only([many, one]),
    ];
    let (number, plural, side) = (number(length), of.plural(), side.words());
    let words = dice.pick(&[
        format!("{number} {plural} in one {line} and a {one} {side} them"),
        format!("a {one} {side} a {line} of {number} {plural}"),
    ])?;
    let groups = vec![(vec![many; length], spot), (vec![one], Spot::Anywhere)];
    Some((words, needs, groups))
}

/// More of one class than of another, or as many: what is free are the numbers
/// and the attribute that the classes leave open.
fn balance(dice: &mut Dice) -> Option<Draft> {
    let classes: Vec<Class> = if dice.chance(50) {
        dice.some(&Shape::ALL, 2)
            .into_iter()
            .map(Class::from)
            .collect()
    } else {
        dice.some(&Colour::ALL, 2)
            .into_iter()
            .map(Class::from)
            .collect()
    };
    let &[a, b] = classes.as_slice() else {
        return None;
    };
    let equal = dice.chance(50);
    let total = if equal {
        2 * (1 + dice.below(3))
    } else {
        3 + dice.below(4)
    };
    let fewer = if equal {
        total / 2
    } else {
        1 + dice.below((total - 1) / 2)
    };
    let any = Class {
        colour: None,
        shape: None,
    };
    let relation = if equal {
        Need::Equal { of: a, and: b }
    } else {
        Need::More { of: a, than: b }
    };
    let needs = vec![count(any, total), relation, only([a, b])];
    let (all, a_name, b_name) = (number(total), a.plural(), b.plural());
    let how = if equal {
        format!("as many {a_name} as {b_name}")
    } else {
        format!("more {a_name} than {b_name}")
    };
    let words = dice.pick(&[
        format!("{all} shapes, only {a_name} and {b_name}, with {how}"),
        format!("{how}, {all} shapes in all and nothing else"),
    ])?;
    let mut group = Vec::new();
    for (class, size) in [(a, total - fewer), (b, fewer)] {
        for _ in 0..size {
            group.push(member(dice, class)?);
        }
    }
    Some((words, needs, vec![(group, Spot::Anywhere)]))
}

/// A random object of a class.
fn member(dice: &mut Dice, class: Class) -> Option<Object> {
    let free = object(dice)?;
    Some(Object {
        colour: class.colour.unwrap_or(free.colour),
        shape: class.shape.unwrap_or(free.shape),
    })
}

fn colours(dice: &mut Dice) -> Option<Draft> {
    let shape = dice.pick(&Shape::ALL)?;
    let mate = object(dice).filter(|mate| mate.shape != shape)?;
    let size = 2 + dice.below(3);
    let needs = vec![
        count(shape, size),
        count(mate, 1),
        Need::AllColours { of: shape.into() },
        Need::Place {
            of: mate.into(),
            side: Side::Beside,
            than: shape.into(),
        },
        only([Class::from(shape), Class::from(mate)]),
    ];
    let (number, plural) = (number(size), shape.plural());
    let words = dice.pick(&[
        format!("{number} {plural} of different colours and a {mate} beside one of them"),
        format!("a {mate} beside one of {number} {plural}, no two {plural} of the same colour"),
    ])?;
    let many = dice.some(&Colour::ALL, size);
    let many = many
        .into_iter()
        .map(|colour| Object { colour, shape })
        .collect();
    let groups = vec![(many, Spot::Anywhere), (vec![mate], Spot::BesideSome)];
    Some((words, needs, groups))
}

fn zones(dice: &mut Dice) -> Option<Draft> {
    let two = objects(dice, 2);
    let &[a, b] = two.as_slice() else {
        return None;
    };
    let size = 1 + dice.below(3);
    let places = dice.some(&Zone::ALL, 2);
    let &[here, there] = places.as_slice() else {
        return None;
    };
    let needs = vec![
        count(a, size),
        count(b, 1),
        Need::Within {
            of: a.into(),
            zone: here,
        },
        Need::Within {
            of: b.into(),
            zone: there,
        },
        only([a, b]),
    ];
    let several = counted(size, a.into());
    let (here_words, there_words) = (here.words(), there.words());
    let here_words = match (here, size) {
        (Zone::Corner, 2..) => "in corners",
        _ => here_words,
    };
    let words = dice.pick(&[
        format!("{several} {here_words} and a {b} {there_words}"),
        format!("a {b} {there_words} and {several} {here_words}"),
    ])?;
    let groups = vec![(vec![a; size], Spot::In(here)), (vec![b], Spot::In(there))];
    Some((words, needs, groups))
}

/// One throw of places for all groups.
fn throw(dice: &mut Dice, groups: &[Group]) -> Option<Board> {
    let mut board = Board::new();
    for (objects, spot) in groups {
        let line = dice.below(usize::from(SIDE)) as u8;
        let before = board.clone();
        for &object in objects {
            let free: Vec<Cell> = Cell::all()
                .filter(|cell| !board.contains_key(cell) && allows(*spot, *cell, line, &before))
                .collect();
            board.insert(dice.pick(&free)?, object);
        }
    }
    Some(board)
}

fn allows(spot: Spot, cell: Cell, line: u8, before: &Board) -> bool {
    match spot {
        Spot::Anywhere => true,
        Spot::OneRow => cell.row() == line,
        Spot::OneColumn => cell.column() == line,
        Spot::In(zone) => in_zone(cell, zone),
        Spot::BesideSome => before.keys().any(|mate| mate.touches(cell)),
    }
}
