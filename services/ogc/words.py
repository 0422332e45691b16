"""The words of links and pages, in both languages."""

from __future__ import annotations

from types import MappingProxyType

from gis.model.layer import Text

SERVICE_TITLE = Text("Landmap – dữ liệu đất đai và đô thị", "Landmap – land and urban data")
SERVICE_DESCRIPTION = Text(
    "Thửa đất, quy hoạch, giấy phép xây dựng và nhà ở của {territory}, theo chuẩn OGC API, với hai trục thời gian: "
    "hiệu lực pháp lý và thời điểm hệ thống ghi nhận.",
    "Land parcels, plans, construction permits and housing of {territory} by OGC API, on two time axes: "
    "when it holds in law and when it was known.",
)

WORDS = MappingProxyType(
    {
        "api": Text("Mô tả API", "API description"),
        "changes": Text("Thay đổi", "Changes"),
        "all_versions": Text("Mọi phiên bản", "All versions"),
        "clear": Text("Bỏ lọc", "Clear filters"),
        "changeset": Text("Lần cập nhật", "Changeset"),
        "citation": Text("Cách trích dẫn", "How to cite"),
        "codelist": Text("Danh mục", "Codelist"),
        "codelists": Text("Các danh mục mã", "Codelists"),
        "codes": Text("Mã", "Codes"),
        "collections": Text("Các bộ dữ liệu", "Collections"),
        "conformance": Text("Các chuẩn đáp ứng", "Conformance"),
        "data_version": Text("Phiên bản dữ liệu", "Data version"),
        "data_dictionary": Text("Từ điển dữ liệu", "Data dictionary"),
        "digest": Text("Mã kiểm tra SHA-256", "SHA-256"),
        "documentation": Text("Tài liệu API", "API documentation"),
        "extent": Text("Phạm vi", "Extent"),
        "feature": Text("Đối tượng", "Feature"),
        "features": Text("Dữ liệu", "Features"),
        "field": Text("Trường", "Field"),
        "fields": Text("Các trường dữ liệu", "Fields"),
        "file": Text("Tệp", "File"),
        "files": Text("Các tệp", "Files"),
        "geometry": Text("Hình thể", "Geometry"),
        "holds_from": Text("Hiệu lực từ", "Holds from"),
        "holds_to": Text("Hiệu lực đến", "Holds until"),
        "home": Text("Trang API", "API home"),
        "licence": Text("Giấy phép", "Licence"),
        "map": Text("Bản đồ", "Map"),
        "newest_version": Text("Phiên bản mới nhất", "Newest version"),
        "next": Text("Trang sau", "Next page"),
        "no": Text("không", "no"),
        "none": Text("Không có dữ liệu phù hợp với câu hỏi này.", "No data match this question."),
        "number": Text("Số lượng", "Number"),
        "of": Text("trên tổng số", "of"),
        "open": Text("chưa kết thúc", "open"),
        "older": Text("Các phiên bản cũ hơn", "Older versions"),
        "open_data": Text("Dữ liệu mở", "Open data"),
        "owner": Text("Cơ quan quản lý", "Owner"),
        "parameter": Text("Tham số", "Parameter"),
        "path": Text("Địa chỉ", "Path"),
        "published_on": Text("Công bố lúc", "Published"),
        "queryables": Text("Trường lọc được", "Queryables"),
        "receivables": Text("Các trường được gửi", "Receivables"),
        "recorded": Text("Ghi nhận ở lần cập nhật", "Recorded by changeset"),
        "rhythm": Text("Chu kỳ cập nhật", "Updates"),
        "schema": Text("Cấu trúc dữ liệu", "Schema"),
        "size": Text("Dung lượng (byte)", "Size (bytes)"),
        "sortables": Text("Trường sắp xếp được", "Sortables"),
        "show": Text("Xem", "Show"),
        "shown": Text("Đang xem", "Shown"),
        "style": Text("Kiểu bản đồ", "Map style"),
        "summary": Text("Nội dung", "Summary"),
        "tiles": Text("Ô bản đồ vectơ", "Vector tiles"),
        "tiling_schemes": Text("Lưới ô bản đồ", "Tile matrix sets"),
        "time_axes": Text("Hai trục thời gian", "Two time axes"),
        "type": Text("Kiểu", "Type"),
        "unit": Text("Đơn vị", "Unit"),
        "valid": Text("Hiệu lực pháp lý", "Holds in law"),
        "version": Text("Phiên bản", "Version"),
        "versions": Text("Các phiên bản", "Versions"),
        "yes": Text("có", "yes"),
        "zoom": Text("Mức phóng", "Zoom"),
        "crs": Text("Hệ toạ độ", "Coordinate reference systems"),
        "other_language": Text("English", "Tiếng Việt"),
        "at_date": Text("Tại ngày", "On the day"),
        "since_known": Text("Biết rõ ngày bắt đầu hiệu lực", "The day on which it began to hold is known"),
        "unknown_since": Text("không rõ, ghi nhận", "unknown, recorded"),
    }
)
