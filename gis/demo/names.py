"""Names in the demo city. Streets bear names that every Vietnamese city has; wards are invented and say so ("Mẫu")."""

from __future__ import annotations

import unicodedata

import numpy as np
from numpy.typing import NDArray

STREETS = tuple(
    name.strip()
    for name in [
        "\n    Nguyễn Trãi",
        " Lê Lợi",
        " Cách Mạng Tháng Tám",
        " Trần Hưng Đạo",
        " Hai Bà Trưng",
        " Nguyễn Huệ",
        " Lê Duẩn",
        " Võ Văn Tần",
        " Điện Biên Phủ",
        "\n    Nguyễn Thị Minh Khai",
        " Nam Kỳ Khởi Nghĩa",
        " Pasteur",
        " Lý Tự Trọng",
        " Nguyễn Du",
        " Phạm Ngũ Lão",
        " Bùi Viện",
        " Đề Thám",
        " Cống Quỳnh",
        "\n    Nguyễn Cư Trinh",
        " Trần Quang Khải",
        " Đinh Tiên Hoàng",
        " Phan Đăng Lưu",
        " Bạch Đằng",
        " Xô Viết Nghệ Tĩnh",
        " Ung Văn Khiêm",
        " Nơ Trang Long",
        "\n    Lê Quang Định",
        " Phan Văn Trị",
        " Nguyễn Oanh",
        " Quang Trung",
        " Lê Đức Thọ",
        " Phạm Văn Đồng",
        " Kha Vạn Cân",
        " Võ Văn Ngân",
        " Tô Ngọc Vân",
        "\n    Hoàng Văn Thụ",
        " Cộng Hòa",
        " Trường Chinh",
        " Âu Cơ",
        " Lạc Long Quân",
        " Lý Thường Kiệt",
        " Ba Tháng Hai",
        " Lê Hồng Phong",
        " Ngô Gia Tự",
        "\n    Nguyễn Chí Thanh",
        " Hùng Vương",
        " An Dương Vương",
        " Hồng Bàng",
        " Kinh Dương Vương",
        " Hậu Giang",
        " Minh Phụng",
        " Lãnh Binh Thăng",
        " Tôn Đức Thắng",
        "\n    Tôn Thất Thuyết",
        " Hoàng Diệu",
        " Khánh Hội",
        " Bến Vân Đồn",
        " Đoàn Văn Bơ",
        " Xóm Chiếu",
        " Nguyễn Tất Thành",
        " Huỳnh Tấn Phát",
        " Nguyễn Thị Thập",
        "\n    Nguyễn Văn Linh",
        " Nguyễn Hữu Thọ",
        " Lê Văn Lương",
        " Phạm Hùng",
        " Tạ Quang Bửu",
        " Dương Bá Trạc",
        " Âu Dương Lân",
        " Phạm Thế Hiển",
        " Hưng Phú",
        "\n    Võ Văn Kiệt",
        " Mai Chí Thọ",
        " Trần Não",
        " Lương Định Của",
        " Nguyễn Duy Trinh",
        " Đỗ Xuân Hợp",
        " Lê Văn Việt",
        " Man Thiện",
        " Hoàng Hữu Nam",
        "\n    Nguyễn Xiển",
        " Tô Vĩnh Diện",
        " Đặng Văn Bi",
        " Thống Nhất",
        " Nguyễn Văn Nghi",
        " Nguyễn Thái Sơn",
        " Hoàng Hoa Thám",
        " Bình Lợi",
        " Nguyễn Xí",
        "\n    Chu Văn An",
        " Nguyễn Văn Đậu",
        " Phan Chu Trinh",
        " Phan Bội Châu",
        " Trương Định",
        " Bà Huyện Thanh Quan",
        " Kỳ Đồng",
        " Lý Chính Thắng",
        " Trần Quốc Toản",
        "\n    Trần Quốc Thảo",
        " Võ Thị Sáu",
        " Nguyễn Đình Chiểu",
        " Cao Thắng",
        " Bàn Cờ",
        " Nguyễn Thiện Thuật",
        " Lê Văn Sỹ",
        " Huỳnh Văn Bánh",
        " Trần Huy Liệu",
        "\n    Nguyễn Văn Trỗi",
        " Nguyễn Trọng Tuyển",
        " Phổ Quang",
        " Đào Duy Anh",
        " Hồ Văn Huê",
        " Trần Khắc Chân",
        " Nguyễn Kiệm",
        " Hoàng Minh Giám",
        "\n    Bành Văn Trân",
        " Phạm Văn Hai",
        " Nghĩa Phát",
        " Bùi Thị Xuân",
        " Thành Thái",
        " Tô Hiến Thành",
        " Sư Vạn Hạnh",
        " Hòa Hảo",
        " Đào Duy Từ",
        " Vĩnh Viễn",
        "\n    Nguyễn Tri Phương",
        " Nguyễn Kim",
        " Lý Nam Đế",
        " Dương Tử Giang",
        " Thuận Kiều",
        " Tân Phước",
        " Châu Văn Liêm",
        " Lương Nhữ Học",
        " Triệu Quang Phục",
        "\n    Hải Thượng Lãn Ông",
        " Trần Văn Kiểu",
        " Bình Tiên",
        " Phạm Văn Chí",
        " Gia Phú",
        " Mai Xuân Thưởng",
        " Tháp Mười",
        " Phan Văn Khỏe",
        " Hàn Hải Nguyên",
        "\n    Bình Thới",
        " Ông Ích Khiêm",
        " Hòa Bình",
        " Lũy Bán Bích",
        " Tân Kỳ Tân Quý",
        " Gò Dầu",
        " Tân Sơn Nhì",
        " Tây Thạnh",
        " Lê Trọng Tấn",
        " Bờ Bao Tân Thắng",
        "\n    Mã Lò",
        " Tên Lửa",
        " Tỉnh Lộ 10",
        " Nguyễn Ảnh Thủ",
        " Tô Ký",
        " Lê Văn Khương",
        " Hà Huy Giáp",
        " Nguyễn Văn Quá",
        " Phan Văn Hớn",
        " Song Hành",
        "\n    Nguyễn Văn Bứa",
        " Đặng Thúc Vịnh",
        " Bùi Công Trừng",
        " Nguyễn Hữu Trí",
        " Trần Đại Nghĩa",
        " Đoàn Nguyễn Tuấn",
        " Hương Lộ 2",
        " Yersin",
        " Ký Con",
        " Calmette\n    ",
    ]
)

_FIRST = ("Bến", "Gò", "Rạch", "Cầu", "Xóm", "Vườn", "Giồng", "Bàu", "Láng", "Cồn", "Đồng", "Chợ")
_SECOND = ("Sen", "Trúc", "Dừa", "Tre", "Mai", "Lúa", "Quýt", "Cau", "Me", "Sứ", "Bần", "Nhãn")
_RURAL = (
    "Tân Hưng",
    "Bình Sơn",
    "Phú Điền",
    "Long Khê",
    "Vĩnh Trạch",
    "An Thới",
    "Hòa Mỹ",
    "Thuận Giang",
    "Đông Phước",
    "Nhị Bình",
)

_SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý")
_MIDDLE = ("Văn", "Thị", "Minh", "Ngọc", "Thanh", "Hữu", "Kim", "Quốc")

PEOPLE = tuple(f"{s} {m} Mẫu" for s in _SURNAMES for m in _MIDDLE)
"""Invented holders: every one has the given name Mẫu, "sample"."""


def wards(count: int, rng: np.random.Generator) -> list[str]:
    """Names of wards of today, all different."""
    pairs = [f"Mẫu {a} {b}" for a in _FIRST for b in _SECOND]
    order = rng.permutation(len(pairs))
    return [pairs[order[i % len(pairs)]] + (f" {i // len(pairs) + 1}" if i >= len(pairs) else "") for i in range(count)]


def communes(
    urban: NDArray[np.bool_], away: NDArray[np.float64], rng: np.random.Generator
) -> tuple[list[str], list[str]]:
    """Names of communes before the reform and of their districts: numbers in town, names in the country."""
    name, district = [""] * len(urban), [""] * len(urban)
    turn = int(rng.integers(len(_RURAL)))
    inner, outer = 0, 0
    for i in np.argsort(away, kind="stable"):
        if urban[i]:
            district[i], name[i] = f"Quận Mẫu {inner // 8 + 1}", f"{inner % 8 + 1}"
            inner += 1
        else:
            number = outer // len(_RURAL)
            name[i] = f"Mẫu {_RURAL[(outer + turn) % len(_RURAL)]}" + (f" {number + 1}" if number else "")
            district[i] = f"Huyện Mẫu {_RURAL[(outer // 6 + turn) % len(_RURAL)]}"
            outer += 1
    return name, district


def plain(name: str) -> str:
    """The name without Vietnamese signs."""
    letters = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
    return "".join(c for c in letters if not unicodedata.combining(c))
