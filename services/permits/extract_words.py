"""The words of an extract, in both languages."""

from __future__ import annotations

from types import MappingProxyType

from gis.formats.sheet_map import Words
from gis.model.layer import Text
from gis.ops.overlay import Standing

TITLE = Text("PHIẾU TRA CỨU THÔNG TIN THỬA ĐẤT VÀ QUY HOẠCH", "EXTRACT OF PARCEL AND PLANNING INFORMATION")

NOTICE = Text(
    "Thông tin tham khảo, không thay thế trích lục bản đồ địa chính và văn bản cung cấp thông tin quy hoạch của cơ quan có "
    "thẩm quyền.",
    "For information only; it takes the place neither of an extract of the cadastral map nor of planning information that "
    "the competent authority gives in writing.",
)

STANDINGS = MappingProxyType(
    {
        Standing.CONCERNED: Text("Có liên quan", "Concerned"),
        Standing.NOT_CONCERNED: Text("Không liên quan", "Not concerned"),
        Standing.NO_DATA: Text("Chưa có dữ liệu", "No data"),
    }
)

LEVELS = MappingProxyType(
    {
        "complete": Text("đầy đủ", "complete"),
        "partial": Text("một phần", "partial"),
        "none": Text("chưa có dữ liệu", "no data"),
        "undeclared": Text("chưa công bố mức đầy đủ", "not declared"),
    }
)

KINDS = MappingProxyType(
    {
        "split": Text("tách thửa", "split"),
        "merge": Text("hợp thửa", "merger"),
        "subdivide": Text("phân lô", "subdivision"),
        "boundary change": Text("chỉnh ranh giới", "change of boundary"),
        "renumber": Text("đổi số hiệu", "new number"),
    }
)

BY_LAW = Text(
    "một nội dung đã bắt đầu hoặc hết hiệu lực theo ngày ghi trong dữ liệu",
    "something came into force or ceased on the day that its record says",
)
BY_COVERAGE = Text(
    "công bố về mức đầy đủ của dữ liệu đã thay đổi", "the declaration of where data are complete has changed"
)
FOR_AN_AGENCY = Text(
    "Phiếu này cấp cho cơ quan; hãy đăng nhập bằng tài khoản xem được cùng nội dung để biết phiếu còn đúng hay không.",
    "This extract was made for an agency; sign in with an account that sees the same to learn whether it is still so.",
)
NOT_REPLAYED = Text(
    "Phiên bản phần mềm hiện nay trình bày nội dung khác với khi phiếu được cấp; hãy tra cứu lại để so sánh.",
    "This version of the software tells the content otherwise than when it was sealed; make a new extract to compare.",
)

OWN_PARCEL = Text("Thửa đất tra cứu", "The parcel")
NEIGHBOURS = Text("Thửa đất lân cận", "Neighbouring parcels")
ROAD_LAND = Text("Phần thửa trong lộ giới", "Part of the parcel in road land")
BUILDINGS = Text("Công trình", "Buildings")
PERMITS = Text("Giấy phép xây dựng", "Construction permits")
PLANNED = Text("Công trình dự kiến", "Planned building")
CONFLICT = Text("Chỗ không phù hợp, theo số (n)", "Where a rule is broken, by number (n)")
ZONE_OF_UNKNOWN_FUNCTION = Text("Ô quy hoạch chưa rõ chức năng", "Zone of unknown function")

WORDS = MappingProxyType(
    {
        "about": Text("Về phiếu này", "About this extract"),
        "address": Text("Địa chỉ", "Address"),
        "adjusts": Text("điều chỉnh", "adjusts"),
        "agency_only": Text("Chỉ dùng trong cơ quan", "For agencies only"),
        "area": Text("Diện tích", "Area"),
        "area_drawn": Text("tính từ ranh giới", "from the boundary"),
        "area_legal": Text("pháp lý, theo giấy chứng nhận", "legal, by the certificate"),
        "area_measured": Text("đo đạc theo hồ sơ", "measured, by the register"),
        "as_of": Text("Tính đến", "As of"),
        "at_least": Text("ít nhất", "at least"),
        "buildings": Text("Công trình trên thửa", "Buildings on the parcel"),
        "came_from": Text("Hình thành từ", "Came from"),
        "changeset": Text("lần cập nhật", "changeset"),
        "commune": Text("Phường, xã", "Commune"),
        "commune_old": Text("Trước 01/7/2025", "Before 1 July 2025"),
        "completeness": Text("Mức đầy đủ", "Completeness"),
        "conforming": Text("Diện tích phù hợp quy hoạch", "Area conforming to plan"),
        "conforming_help": Text(
            "phần còn lại sau khi trừ lộ giới và đất quy hoạch làm đường giao thông; mật độ xây dựng và hệ số sử dụng đất tính "
            "trên diện tích này",
            "what is left without land of roads, by their lines and by the plans; coverage and floor area ratio are counted on it",
        ),
        "corner": Text("Điểm", "Point"),
        "corners": Text("Bảng tọa độ góc ranh", "Corners of the boundary"),
        "corners_help": Text(
            "X là tọa độ Bắc, Y là tọa độ Đông, hệ {crs}. Bảng khép về điểm đầu của mỗi vòng ranh.",
            "X is northing, Y easting, in {crs}. Each ring closes on its first point.",
        ),
        "count": Text("Số đối tượng", "Features"),
        "crowded": Text(
            "Quanh thửa có quá nhiều đối tượng để vẽ hết: sơ đồ chỉ vẽ đường và những gì chạm tới thửa đất.",
            "There is too much around to draw it all: the map shows roads, and of the rest only what meets the parcel.",
        ),
        "data_version": Text("Phiên bản dữ liệu", "Data version"),
        "decided_on": Text("Ngày", "Date"),
        "decision": Text("Quyết định", "Decision"),
        "edge": Text("Cạnh (m)", "Edge (m)"),
        "fronts": Text("Mặt tiền", "Frontage"),
        "function": Text("Chức năng", "Function"),
        "holds_from": Text("Hiệu lực từ", "In force since"),
        "in_brief": Text("Kết quả chính", "In brief"),
        "indicators": Text("Chỉ tiêu", "Limits"),
        "known_at": Text("Theo dữ liệu đã ghi nhận đến", "As known at"),
        "land_use": Text("Loại đất", "Land use"),
        "layer": Text("Lớp thông tin", "Layer"),
        "lineage": Text("Lịch sử thửa đất", "Lineage"),
        "map": Text("Sơ đồ", "Map"),
        "map_help": Text("Hệ tọa độ {crs}; X: Bắc, Y: Đông (m).", "{crs}; X: northing, Y: easting (m)."),
        "missing": Text("Chưa có dữ liệu", "No data"),
        "no_limits": Text("không áp dụng (đất đường giao thông)", "not applicable (land of roads)"),
        "no_zone": Text("Chưa có dữ liệu ô quy hoạch", "No data of zones"),
        "none_found": Text("Không có", "None"),
        "none_known": Text(
            "Không tìm thấy, nhưng dữ liệu nơi này chưa đầy đủ: chưa thể kết luận.",
            "Nothing was found, but the data are not complete here: nothing follows from it.",
        ),
        "by_number": Text(
            "Chưa có vị trí; ghi thửa đất này theo mã xã cũ, số tờ, số thửa. Số thửa có thể trùng giữa các loại tài liệu: hãy đối chiếu.",
            "Without a place; it names this parcel by former commune, sheet and number, which several may have: compare.",
        ),
        "not_enough": Text("Chưa đủ dữ liệu, còn thiếu", "Not enough data, there lacks"),
        "outside_zones": Text("Không thuộc ô quy hoạch nào", "In no zone"),
        "not_told": Text("không ghi", "not stated"),
        "number": Text("Số", "Number"),
        "origin": Text("Nguồn dữ liệu", "Sources"),
        "owner": Text("Cơ quan quản lý", "Owner"),
        "page": Text("Trang", "Page"),
        "parcel": Text("Thửa đất", "Parcel"),
        "pending": Text("Đồ án đang lập hoặc đang lấy ý kiến", "Plans being made or consulted on"),
        "permits": Text("Giấy phép xây dựng", "Construction permits"),
        "plan": Text("Đồ án", "Plan"),
        "planning": Text("Quy hoạch", "Planning"),
        "public_only": Text(
            "Chỉ tính dữ liệu công khai: lớp này có những bản ghi mà người tra cứu không được xem.",
            "Public data only: the layer has records that this caller may not see.",
        ),
        "recorded": Text("không rõ, ghi nhận", "unknown, recorded"),
        "result": Text("Kết quả", "Result"),
        "revised": Text(
            "đang điều chỉnh; còn hiệu lực đến khi bản điều chỉnh được duyệt",
            "being revised; in force until the revision is approved",
        ),
        "road_land": Text("Phần trong lộ giới", "Part in road land"),
        "road_lines": Text("Lộ giới", "Road lines"),
        "seal": Text("Niêm phong điện tử", "Electronic seal"),
        "seal_help": Text(
            "Quét mã QR hoặc mở địa chỉ kiểm tra để biết phiếu này có đúng là do hệ thống cấp và còn đúng với dữ liệu hiện nay "
            "hay không.",
            "Scan the QR code or open the address to see whether this extract is genuine and still agrees with the data of today.",
        ),
        "sheet": Text("Tờ bản đồ", "Map sheet"),
        "state": Text("Trạng thái", "State"),
        "storeys": Text("Tầng", "Storeys"),
        "themes": Text("Các lớp thông tin", "All layers"),
        "themes_help": Text(
            "“Không liên quan” chỉ khi dữ liệu nơi này được công bố là đầy đủ; nếu không thì là “Chưa có dữ liệu”.",
            "“Not concerned” only where the data are declared complete; otherwise “No data”.",
        ),
        "to_be_told": Text("chưa rõ phần còn lại", "the rest is not known"),
        "unknown_width": Text("chưa rõ lộ giới", "width not known"),
        "use": Text("Công năng", "Use"),
        "valid_at": Text("Thông tin có hiệu lực tại", "As in force at"),
        "verify": Text("Kiểm tra tại", "Verify at"),
        "as_now": Text("Tra cứu lại hôm nay", "Make a new extract"),
        "as_sealed": Text("Xem nội dung đã niêm phong", "See what was sealed"),
        "compare_help": Text(
            "Hãy so nội dung trên giấy với nội dung đã niêm phong: niêm phong chứng minh nội dung do hệ thống cấp, không chứng "
            "minh bản in trước mặt bạn không bị sửa. Với tệp PDF hoặc JSON, hãy gửi tệp để kiểm tra từng byte.",
            "Compare the paper with what was sealed: the seal proves what this service told, not that the print before you was "
            "left as it was. Of a PDF or JSON file every byte can be checked: send the file below.",
        ),
        "current": Text("Nội dung vẫn đúng với dữ liệu hiện nay.", "It still agrees with the data of today."),
        "genuine": Text("Niêm phong hợp lệ.", "The seal is genuine."),
        "key_retired": Text("khoá thôi dùng từ", "key retired"),
        "not_genuine": Text("Không phải niêm phong của hệ thống này.", "Not a seal of this service."),
        "not_genuine_help": Text(
            "Mã, địa chỉ hoặc tệp đã bị sửa, thiếu một phần, hoặc không do hệ thống này cấp.",
            "The code, address or file was changed, is incomplete, or was not made by this service.",
        ),
        "not_told_why": Text("Chưa thể nói còn đúng hay không", "Whether it is still so cannot be told"),
        "superseded": Text("Nội dung đã thay đổi từ khi cấp.", "It has changed since."),
        "superseded_by": Text("Thay đổi bởi", "Superseded by"),
        "verify_file": Text("Kiểm tra một tệp", "Verify a file"),
        "verify_intro": Text(
            "Kiểm tra một phiếu tra cứu: phiếu có do hệ thống này cấp không, và còn đúng với dữ liệu hiện nay không.",
            "Verify an extract: whether this service made it, and whether it still agrees with the data of today.",
        ),
        "verify_link": Text("Kiểm tra phiếu", "Verify"),
        "verify_paste": Text("Mã niêm phong hoặc địa chỉ của mã QR", "Seal, or address of the QR code"),
        "verify_text": Text("Kiểm tra một mã hoặc địa chỉ", "Verify a seal or address"),
        "verify_title": Text("Kiểm tra phiếu tra cứu", "Verify an extract"),
        "verify_scan": Text("Quét để kiểm tra", "Scan to verify"),
        "what_became": Text("Đã thành", "Became"),
        "width": Text("lộ giới", "width"),
        "zone": Text("Ô", "Zone"),
    }
)


def map_words(language: str) -> Words:
    """The words of the map."""
    if language == "vi":
        return Words("Tỷ lệ", "B", "Sơ đồ thửa đất và quy hoạch", ".")
    return Words("Scale", "N", "Map of the parcel and planning", ",")
